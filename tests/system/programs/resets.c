/** A reset that the program asks for: what it starts from, and what stays. */
#include "system.h"

__attribute__((section(".kept"))) static volatile uint32_t count, magic, copy;
static volatile uint32_t data = 0x1234, bss;

int main(void)
{
    if (magic != 0xC0FFEE) {
        magic = 0xC0FFEE;
        count = 0;
    }
    count++;
    say("start %u: data %x bss %x copy %x\n", count, data, bss, copy);
    say("  vtor %x prigroup %u primask %u basepri %u faultmask %u control %u ipsr %u\n", VTOR,
        AIRCR >> 8 & 7, READ_SPECIAL("primask"), READ_SPECIAL("basepri"),
        READ_SPECIAL("faultmask"), READ_SPECIAL("control") & 3, READ_SPECIAL("ipsr"));
    say("  iser %x ispr %x ipr %x shcsr %x shpr %x ccr %x cfsr %x mpu %x systick %x\n",
        NVIC_ISER(0), NVIC_ISPR(0), REG(0xE000E400), SHCSR, REG(0xE000ED18), CCR, CFSR, MPU_CTRL,
        SYST_CSR);
    copy = 0xAB00 + count;
    data++;
    bss++;
    NVIC_ISER(0) = 0xF0;
    NVIC_IPR(1) = 0x40;
    SHCSR = 7U << 16;
    SHPR(5) = 0x20;
    CCR |= 1U << 4;
    VTOR = 0x100;
    SYST_RVR = 100000;
    SYST_CSR = 1;
    __asm__ volatile("cpsid i\n\tcpsid f");
    WRITE_SPECIAL("basepri", 0x40);
    NVIC_ISPR(0) = 0xF0;
    if (count < 4) {
        AIRCR = 0x05FA0300;
        barrier();
        AIRCR = 0x05FA0304;
        barrier();
        for (;;) {
        }
    }
    return 0;
}
