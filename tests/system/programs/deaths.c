/** Ways to die, by the first word of the command line. Handlers of faults loop for ever. */
#include "system.h"

static int same(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static void loop(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    for (;;) {
    }
}

static void nothing(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
}

__attribute__((noinline)) static uint32_t read_sensor(const volatile uint32_t *address)
{
    return *address + 1;
}

__attribute__((noinline)) static uint32_t average(uint32_t first)
{
    uint32_t sum = 0;
    for (uint32_t k = 0; k < 4; k++) {
        sum += read_sensor((const volatile uint32_t *)(first + 4 * k));
    }
    return sum / 4;
}

__attribute__((noinline)) static uint32_t recurse(uint32_t depth)
{
    volatile uint32_t kept[8];
    kept[0] = depth;
    return kept[0] == 0xFFFFFFFF ? 0 : recurse(depth + 1) + kept[0];
}

static void fault_in_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    say("sum %u\n", average(0x90000000));
}

static const uint32_t no_code[2] = {0xFFFFFFFF, 0xFFFFFFFF};

static void jump(uint32_t address)
{
    ((void (*)(void))address)();
}

static void fault_handlers(handler *with)
{
    for (unsigned number = HARD; number <= USAGE; number++) {
        handlers[number] = with;
    }
}

static void leave_after_three(struct frame *frame, uint32_t exc_return)
{
    static int ticks;
    (void)frame;
    (void)exc_return;
    if (++ticks == 3) {
        leave(0);
    }
}

static void stop(void)
{
    for (;;) {
    }
}

static void start_ticking(void)
{
    handlers[SYSTICK] = nothing;
    SYST_RVR = 999;
    SYST_CVR = 0;
    SYST_CSR = 7;
}

int main(void)
{
    const char *way = command_line();
    say("dying by %s\n", way);
    fault_handlers(loop);
    if (same(way, "load")) {
        say("sum %u\n", average(0x90000000));
    } else if (same(way, "load-ticking")) {
        start_ticking();
        say("sum %u\n", average(0x90000000));
    } else if (same(way, "low-ticking")) {
        SHPR(USAGE) = SHPR(SYSTICK) = 0x80;
        SHCSR = 7U << 16;
        start_ticking();
        __asm__ volatile("udf #7");
    } else if (same(way, "high-ticking")) {
        SHPR(USAGE) = 0x80;
        handlers[SYSTICK] = leave_after_three;
        SHCSR = 7U << 16;
        SYST_RVR = 999;
        SYST_CVR = 0;
        SYST_CSR = 7;
        __asm__ volatile("udf #7");
    } else if (same(way, "interrupt")) {
        handlers[IRQ0 + 3] = fault_in_handler;
        NVIC_ISER(0) = 8;
        NVIC_ISPR(0) = 8;
        barrier();
    } else if (same(way, "lockup")) {
        fault_handlers(fault_in_handler);
        __asm__ volatile("udf #7");
    } else if (same(way, "storm")) {
        fault_handlers(nothing);
        __asm__ volatile("udf #7");
    } else if (same(way, "stack")) {
        __asm__ volatile("mov sp, %0\n\tpush {r0}" ::"r"(0x90001000));
    } else if (same(way, "recursion")) {
        say("%u\n", recurse(0));
    } else if (same(way, "vectors")) {
        VTOR = 0x60000000;
        __asm__ volatile("udf #7");
    } else if (same(way, "peripheral")) {
        jump(0x40001001);
    } else if (same(way, "nowhere")) {
        jump(0x90000001);
    } else if (same(way, "null")) {
        jump(0);
    } else if (same(way, "data")) {
        jump((uint32_t)no_code | 1);
    } else if (same(way, "masked-fault")) {
        __asm__ volatile("cpsid f\n\tudf #7");
    } else if (same(way, "arm-state")) {
        jump((uint32_t)stop & ~1U);
    } else if (same(way, "sleep")) {
        __asm__ volatile("cpsid i");
        __asm__ volatile("wfi");
    } else if (same(way, "sleep-ticking")) {
        start_ticking();
        __asm__ volatile("cpsid f\n\twfi");
    } else if (same(way, "loop")) {
        stop();
    } else if (same(way, "masked-loop")) {
        start_ticking();
        __asm__ volatile("cpsid i");
        stop();
    } else if (same(way, "interrupt-loop")) {
        handlers[IRQ0 + 3] = loop;
        NVIC_ISER(0) = 8;
        NVIC_ISPR(0) = 8;
        barrier();
    } else if (same(way, "breakpoint")) {
        __asm__ volatile("bkpt 3");
    } else if (same(way, "zero")) {
        handlers[USAGE] = loop;
        CCR |= 1U << 4;
        SHCSR = 7U << 16;
        volatile uint32_t none = 0;
        say("%u\n", 5 / none);
    } else if (same(way, "reset-loop")) {
        AIRCR = 0x05FA0004;
    }
    return 1;
}
