/* Vectors, and what comes before newlib's own start-up: the FPU, if the code uses one. */
#include <stdint.h>

extern char __stack[];
extern void _start(void);

#define CPACR (*(volatile uint32_t *)0xE000ED88u)

__attribute__((naked)) void reset(void)
{
#if defined(__ARM_FP)
    __asm__ volatile("ldr r0, =0xE000ED88\n\t"
                     "ldr r1, [r0]\n\t"
                     "orr r1, r1, #0xF00000\n\t"
                     "str r1, [r0]\n\t"
                     "dsb\n\t"
                     "isb");
#endif
    __asm__ volatile("b _start");
}

static void dead(void)
{
    /* angel_SWIreason_ReportException, ADP_Stopped_RunTimeErrorUnknown */
    __asm__ volatile("movs r0, #0x18\n\tldr r1, =0x20023\n\tbkpt 0xab");
}

__attribute__((used, section(".vectors"))) static void (*const vectors[16])(void) = {
    (void (*)(void))__stack, reset, dead, dead, dead, dead, dead,
};
