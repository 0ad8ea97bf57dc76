/** Time and sleep: SysTick, WFI, WFE, SEV, SLEEPONEXIT. Nothing printed depends on how long. */
#include "system.h"

static volatile uint32_t ticks, wakes;

static void tick(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    ticks++;
}

static void wfi(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

static void wfe(void)
{
    __asm__ volatile("wfe" ::: "memory");
}

static void start(uint32_t reload, uint32_t control)
{
    SYST_CSR = 0;
    SYST_RVR = reload;
    SYST_CVR = 0;
    SYST_CSR = control;
}

static void registers(void)
{
    say("systick registers\n");
    start(0x00FFFFFF, 4);
    SYST_RVR = 0xFFABCDEF;
    say("  csr %x rvr %x cvr %x\n", SYST_CSR, SYST_RVR, SYST_CVR);
    SYST_CVR = 77;
    say("  cvr %x calib %x\n", SYST_CVR, REG(0xE000E01C));
    SYST_RVR = 5000;
    SYST_CSR = 5;
    while (!(SYST_CSR & 1U << 16)) {
    }
    say("  countflag seen\n");
    SYST_CSR = 4;
    (void)SYST_CSR;
    say("  and cleared by reading: csr %x\n", SYST_CSR);
    SYST_CSR = 5;
    uint32_t last = SYST_CVR, falls = 0;
    for (uint32_t k = 0; k < 200; k++) {
        const uint32_t now = SYST_CVR;
        falls += now > 5000;
        last = now;
    }
    say("  in range %u\n", falls == 0 && last <= 5000);
    SYST_CSR = 0;
}

static void counting(void)
{
    say("ticks\n");
    handlers[SYSTICK] = tick;
    start(20000, 7);
    while (ticks < 5) {
    }
    say("  five by polling\n");
    start(800, 3);
    ticks = 0;
    while (ticks < 5) {
    }
    say("  five by the reference clock\n");
    start(20000, 7);
    ticks = 0;
    while (ticks < 5) {
        wfi();
    }
    say("  five by wfi\n");
    __asm__ volatile("cpsid i");
    ticks = 0;
    for (wakes = 0; wakes < 3; wakes++) {
        while (!(ICSR & 1U << 26)) {
            wfi();
        }
        ICSR = 1U << 25;
    }
    say("  three woken under primask, handler ran %u times\n", ticks);
    while (!(ICSR & 1U << 26)) {
    }
    __asm__ volatile("cpsie i");
    barrier();
    say("  then the handler %u\n", ticks > 0);
    SYST_CSR = 0;
}

static void events(void)
{
    say("events\n");
    __asm__ volatile("sev");
    wfe();
    say("  sev then wfe\n");
    SCR = 1U << 4; /* SEVONPEND */
    __asm__ volatile("cpsid i\n\tsev\n\twfe" ::: "memory");
    ticks = 0;
    start(20000, 7);
    while (!(ICSR & 1U << 26)) {
        wfe();
    }
    say("  sevonpend under primask: handler ran %u times\n", ticks);
    SYST_CSR = 0;
    ICSR = 1U << 25;
    NVIC_ICER(0) = ~0U;
    NVIC_ISPR(0) = 1; /* not enabled: pending all the same */
    wfe();
    say("  disabled interrupt is an event\n");
    NVIC_ICPR(0) = 1;
    SCR = 0;
    __asm__ volatile("cpsie i");
    start(20000, 7);
    ticks = 0;
    while (ticks < 3) {
        wfe();
    }
    say("  three ticks by wfe\n");
    SYST_CSR = 0;
}

static void last_tick(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    if (++ticks == 4) {
        SCR = 0;
    }
}

static void sleep_on_exit(void)
{
    say("sleeponexit\n");
    handlers[SYSTICK] = last_tick;
    ticks = 0;
    SCR = 2;
    start(2500000, 7); /* long, for a host that is busy */
    wfi();
    SYST_CSR = 0;
    say("[sleeponexit] %u\n", ticks);
    handlers[SYSTICK] = tick;
}

static void pending_ends_sleep(void)
{
    say("pending already\n");
    __asm__ volatile("cpsid i");
    NVIC_ISER(0) = 2;
    NVIC_ISPR(0) = 2;
    wfi();
    say("  wfi over, pending %x\n", NVIC_ISPR(0));
    NVIC_ICPR(0) = 2;
    __asm__ volatile("cpsie i");
}

int main(void)
{
    registers();
    counting();
    events();
    sleep_on_exit();
    pending_ends_sleep();
    return 0;
}
