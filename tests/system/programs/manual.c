/** What the manual has and QEMU has not: the debug monitor, ignored bus faults, lazy stacking that
    fails. The test knows the answers. */
#include "system.h"

static void monitor(struct frame *frame, uint32_t exc_return)
{
    say("  monitor: breakpoint %x, return %x, dfsr %x\n", *(const uint16_t *)frame->pc, exc_return,
        DFSR);
    DFSR = DFSR;
    if ((*(const uint16_t *)frame->pc & 0xFF00) == 0xBE00) {
        frame->pc += 2;
    }
}

static void hard(struct frame *frame, uint32_t exc_return)
{
    say("  hard: return %x,", exc_return);
    say_faults();
    say("\n");
    frame->pc += 2;
}

static void debug_monitor(void)
{
    say("debug monitor\n");
    handlers[MONITOR] = monitor;
    handlers[HARD] = hard;
    DEMCR |= 1U << 16;
    __asm__ volatile("bkpt 5");
    DEMCR |= 1U << 17;
    barrier();
    __asm__ volatile("cpsid i\n\tbkpt 6\n\tcpsie i");
    DEMCR &= ~(1U << 16);
    __asm__ volatile("bkpt 7");
    DFSR = DFSR;
}

static void probes(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    uint32_t value = 0x55;
    CCR |= 1U << 8;
    __asm__ volatile("ldr %0, [%1]\n\tstr %0, [%1]\n\tcmp %0, %0\n\titt eq\n\tldreq %0, [%1]\n\t"
                     "addeq %0, #1"
                     : "+r"(value)
                     : "r"(0x90000000)
                     : "memory", "cc");
    CCR &= ~(1U << 8);
    say("  value %x,", value);
    say_faults();
    say("\n");
    frame->pc += 2;
}

static void ignored_bus_faults(void)
{
    say("bfhfnmign\n");
    handlers[HARD] = probes;
    __asm__ volatile("udf #1");
}

#ifdef __ARM_FP
static void takes_away_stack(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    const uint32_t kept = FPCAR;
    FPCAR = 0x90000000;
    __asm__ volatile("vmov.f32 s0, #1.0" ::: "s0");
    say("  went on, lspact %u\n", FPCCR & 1);
    FPCAR = kept;
}

static void lazily(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    say("  bus fault:");
    say_faults();
    say(" lspact %u, instruction %x\n", FPCCR & 1, *(const uint16_t *)frame->pc);
    FPCCR &= ~1U;
}

static void lazy_stacking(void)
{
    say("lazy stacking\n");
    handlers[BUS] = lazily;
    handlers[IRQ0] = takes_away_stack;
    NVIC_IPR(0) = 0x80;
    NVIC_ISER(0) = 1;
    SHCSR = 7U << 16;
    __asm__ volatile("vmov.f32 s1, #2.0" ::: "s1");
    NVIC_ISPR(0) = 1;
    barrier();
    SHCSR = 0;
}
#endif

static void order(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("  %u, return %x\n", READ_SPECIAL("ipsr"), exc_return);
}

int main(void)
{
    debug_monitor();
    ignored_bus_faults();
#ifdef __ARM_FP
    lazy_stacking();
#endif
    say("what is pending when a fault comes\n");
    handlers[IRQ0 + 1] = order;
    handlers[HARD] = hard;
    NVIC_ISER(0) = 2;
    __asm__ volatile("cpsid i");
    NVIC_ISPR(0) = 2;
    __asm__ volatile("udf #3");
    __asm__ volatile("cpsie i");
    return 0;
}
