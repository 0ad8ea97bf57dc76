/** From reset to main. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "core.h"
#include "semihosting.h"

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
int main(int argc, char **argv);
/* Opens the standard streams of newlib's semihosting port. */
void initialise_monitor_handles(void);

enum {
    CPUID = 0xE000ED00,
    CCR = 0xE000ED14,
    CPACR = 0xE000ED88,
    CCSIDR = 0xE000ED80,
    CSSELR = 0xE000ED84,
    ICIALLU = 0xE000EF50,
    DCISW = 0xE000EF60,
    DEMCR = 0xE000EDFC,
    DWT_CTRL = 0xE0001000,
    DWT_CYCCNT = 0xE0001004,
    DWT_LAR = 0xE0001FB0,
};

static void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void enable_fpu(void)
{
    *reg(CPACR) |= 0xFU << 20;
    barrier();
}

static void enable_caches(void)
{
    *reg(CSSELR) = 0;
    barrier();
    const uint32_t size = *reg(CCSIDR);
    const uint32_t last_set = (size >> 13) & 0x7FFF;
    const uint32_t last_way = (size >> 3) & 0x3FF;
    const uint32_t set_shift = (size & 7) + 4;
    for (uint32_t set = 0; set <= last_set; set++) {
        for (uint32_t way = 0; way <= last_way; way++) {
            *reg(DCISW) = way << 30 | set << set_shift;
        }
    }
    *reg(ICIALLU) = 0;
    barrier();
    *reg(CCR) |= 1U << 17 | 1U << 16;
    barrier();
}

static int core_has_caches(void)
{
    const uint32_t cortex_m7 = 0xC27;
    return ((*reg(CPUID) >> 4) & 0xFFF) == cortex_m7;
}

static void start_cycle_counter(void)
{
    *reg(DEMCR) |= 1U << 24;
    *reg(DWT_LAR) = 0xC5ACCE55;
    *reg(DWT_CYCCNT) = 0;
    *reg(DWT_CTRL) |= 1;
}

static _Noreturn void run_main(void)
{
    enum { MOST_CHARACTERS = 4096, MOST_WORDS = 32 };
    static char line[MOST_CHARACTERS];
    static char *words[MOST_WORDS + 1];
    if (!semihosting_command_line(line, sizeof line)) {
        line[0] = '\0';
    }
    exit(main(split_arguments(line, words, MOST_WORDS), words));
}

void Reset_Handler(void)
{
    enable_fpu();
    board_start();
    if (core_has_caches()) {
        enable_caches();
    }
    memcpy(data_start, data_load, (size_t)((char *)data_end - (char *)data_start));
    memset(bss_start, 0, (size_t)((char *)bss_end - (char *)bss_start));
    start_cycle_counter();
    initialise_monitor_handles();
    run_main();
}

static void write_hex(const char *label, uint32_t value)
{
    char text[] = "0x00000000";
    for (int i = 9; i > 1; i--) {
        text[i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    semihosting_write(label);
    semihosting_write(text);
}

/** Say which exception came, where, and why; then stop. frame: what the core has stacked. */
__attribute__((used)) static _Noreturn void report_exception(const uint32_t *frame, uint32_t number)
{
    static const char *const names[16] = {
        [2] = "NMI",           [3] = "HardFault",  [4] = "MemManage",
        [5] = "BusFault",      [6] = "UsageFault", [11] = "SVCall",
        [12] = "DebugMonitor", [14] = "PendSV",    [15] = "SysTick",
    };
    semihosting_write(number < 16 && names[number] ? names[number] : "Interrupt");
    semihosting_write(" without a handler");
    write_hex(": pc ", frame[6]);
    write_hex(", lr ", frame[5]);
    write_hex(", cfsr ", *reg(0xE000ED28));
    write_hex(", hfsr ", *reg(0xE000ED2C));
    write_hex(", bfar ", *reg(0xE000ED38));
    semihosting_write("\n");
    semihosting_abort();
}

__attribute__((naked)) void Default_Handler(void)
{
    __asm__("tst lr, #4\n\t"
            "ite eq\n\t"
            "mrseq r0, msp\n\t"
            "mrsne r0, psp\n\t"
            "mrs r1, ipsr\n\t"
            "b report_exception");
}

#define WEAK_HANDLER __attribute__((weak, alias("Default_Handler")))
void NMI_Handler(void) WEAK_HANDLER;
void HardFault_Handler(void) WEAK_HANDLER;
void MemManage_Handler(void) WEAK_HANDLER;
void BusFault_Handler(void) WEAK_HANDLER;
void UsageFault_Handler(void) WEAK_HANDLER;
void SVC_Handler(void) WEAK_HANDLER;
void DebugMon_Handler(void) WEAK_HANDLER;
void PendSV_Handler(void) WEAK_HANDLER;
void SysTick_Handler(void) WEAK_HANDLER;

union vector {
    void *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    [0] = {.stack = stack_top},
    [1] = {.handler = Reset_Handler},
    [2] = {.handler = NMI_Handler},
    [3] = {.handler = HardFault_Handler},
    [4] = {.handler = MemManage_Handler},
    [5] = {.handler = BusFault_Handler},
    [6] = {.handler = UsageFault_Handler},
    [11] = {.handler = SVC_Handler},
    [12] = {.handler = DebugMon_Handler},
    [14] = {.handler = PendSV_Handler},
    [15] = {.handler = SysTick_Handler},
};
