/** What the programs of this folder share: registers, output, handlers. */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REG(address) (*(volatile uint32_t *)(address))
#define REG8(address) (*(volatile uint8_t *)(address))
#define REG16(address) (*(volatile uint16_t *)(address))

#define SYST_CSR REG(0xE000E010)
#define SYST_RVR REG(0xE000E014)
#define SYST_CVR REG(0xE000E018)
#define NVIC_ISER(n) REG(0xE000E100 + 4 * (n))
#define NVIC_ICER(n) REG(0xE000E180 + 4 * (n))
#define NVIC_ISPR(n) REG(0xE000E200 + 4 * (n))
#define NVIC_ICPR(n) REG(0xE000E280 + 4 * (n))
#define NVIC_IABR(n) REG(0xE000E300 + 4 * (n))
#define NVIC_IPR(n) REG8(0xE000E400 + (n))
#define ICSR REG(0xE000ED04)
#define VTOR REG(0xE000ED08)
#define AIRCR REG(0xE000ED0C)
#define SCR REG(0xE000ED10)
#define CCR REG(0xE000ED14)
#define SHPR(n) REG8(0xE000ED14 + (n)) /* n is the exception's number, 4 to 15 */
#define SHCSR REG(0xE000ED24)
#define CFSR REG(0xE000ED28)
#define HFSR REG(0xE000ED2C)
#define DFSR REG(0xE000ED30)
#define MMFAR REG(0xE000ED34)
#define BFAR REG(0xE000ED38)
#define CPACR REG(0xE000ED88)
#define MPU_TYPE REG(0xE000ED90)
#define MPU_CTRL REG(0xE000ED94)
#define MPU_RNR REG(0xE000ED98)
#define MPU_RBAR REG(0xE000ED9C)
#define MPU_RASR REG(0xE000EDA0)
#define DEMCR REG(0xE000EDFC)
#define STIR REG(0xE000EF00)
#define FPCCR REG(0xE000EF34)
#define FPCAR REG(0xE000EF38)
#define FPDSCR REG(0xE000EF3C)

enum { NMI = 2, HARD, MEM, BUS, USAGE, SVCALL = 11, MONITOR, PENDSV = 14, SYSTICK, IRQ0 };

/** What the core stores when it takes an exception. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

typedef void handler(struct frame *frame, uint32_t exc_return);

/** Called by number; an exception without a handler is printed and ends the program. */
extern handler *volatile handlers[64];
extern uint32_t ram_vectors[64];
extern void any_exception(void);

/** Print: %x eight digits, %u, %d, %s, %c. */
void say(const char *format, ...);
/** End the program. */
__attribute__((noreturn)) void leave(int status);
/** Read the words behind the program's name. */
const char *command_line(void);
/** Print the fault status registers that have anything in them, and clear them. */
void say_faults(void);
/** A fault handler: print, then go on behind the instruction, or at LR if it was a fetch. */
void report_and_skip(struct frame *frame, uint32_t exc_return);

int main(void);

static inline void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

#define READ_SPECIAL(name)                                                                         \
    ({                                                                                             \
        uint32_t value_;                                                                           \
        __asm__ volatile("mrs %0, " name : "=r"(value_)::"memory");                                \
        value_;                                                                                    \
    })
#define WRITE_SPECIAL(name, value)                                                                 \
    __asm__ volatile("msr " name ", %0\n\tisb" ::"r"((uint32_t)(value)) : "memory", "cc")

#ifdef __cplusplus
}
#endif
#endif
