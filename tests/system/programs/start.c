/** From reset to main, output through semihosting, and one entry for all exceptions. */
#include "system.h"

#include <stdarg.h>
#include <stddef.h>

extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];
extern void (*init_start[])(void), (*init_end[])(void);

handler *volatile handlers[64];
uint32_t ram_vectors[64] __attribute__((aligned(256)));

static char line[256];
static unsigned used;

static uint32_t host(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void put(char c)
{
    line[used++] = c;
    if (c == '\n' || used == sizeof line - 1) {
        line[used] = '\0';
        used = 0;
        host(4, line);
    }
}

static void put_number(uint32_t value, uint32_t base, int digits)
{
    char text[12];
    int n = 0;
    do {
        text[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value || n < digits);
    while (n) {
        put(text[--n]);
    }
}

static void put_signed(int value)
{
    if (value < 0) {
        put('-');
    }
    put_number(value < 0 ? 0U - (uint32_t)value : (uint32_t)value, 10, 1);
}

static void put_text(const char *text)
{
    while (*text) {
        put(*text++);
    }
}

void say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 'x':
            put_number(va_arg(list, uint32_t), 16, 8);
            break;
        case 'u':
            put_number(va_arg(list, uint32_t), 10, 1);
            break;
        case 'd':
            put_signed(va_arg(list, int));
            break;
        case 's':
            put_text(va_arg(list, const char *));
            break;
        case 'c':
            put((char)va_arg(list, int));
            break;
        default:
            put('%');
        }
    }
    va_end(list);
}

void leave(int status)
{
    const uint32_t block[2] = {0x20026, (uint32_t)status};
    host(0x20, block);
    for (;;) {
    }
}

const char *command_line(void)
{
    static char text[128];
    uint32_t block[2] = {(uint32_t)text, sizeof text - 1};
    host(0x15, block);
    const char *p = text;
    while (*p && *p != ' ') {
        p++;
    }
    return *p ? p + 1 : p;
}

void say_faults(void)
{
    const uint32_t cfsr = CFSR, hfsr = HFSR;
    say(" cfsr %x", cfsr);
    if (hfsr) {
        say(" hfsr %x", hfsr);
    }
    if (cfsr & 0x80) {
        say(" mmfar %x", MMFAR);
    }
    if (cfsr & 0x8000) {
        say(" bfar %x", BFAR);
    }
    CFSR = cfsr;
    HFSR = hfsr;
}

static void to_next(struct frame *frame, uint32_t cfsr)
{
    if (cfsr & 0x00020101) { /* fetch or invalid state: the address called is wrong */
        frame->pc = frame->lr & ~1U;
        frame->xpsr |= 1U << 24;
    } else {
        const uint16_t first = *(const uint16_t *)frame->pc;
        frame->pc += first >= 0xE800 ? 4 : 2;
    }
    frame->xpsr &= ~0x0600FC00U;
}

void report_and_skip(struct frame *frame, uint32_t exc_return)
{
    const uint32_t cfsr = CFSR;
    say("  exception %u, pc %x, xpsr %x, return %x,", READ_SPECIAL("ipsr"), frame->pc,
        frame->xpsr & ~0xF80F0000U, exc_return);
    say_faults();
    say("\n");
    to_next(frame, cfsr);
}

__attribute__((used)) void dispatch(struct frame *frame, uint32_t exc_return)
{
    const uint32_t number = READ_SPECIAL("ipsr");
    if (number < 64 && handlers[number]) {
        handlers[number](frame, exc_return);
        return;
    }
    say("unexpected exception %u at %x, return %x", number, frame->pc, exc_return);
    say_faults();
    say("\n");
    leave(1);
}

__attribute__((naked)) void any_exception(void)
{
    __asm__("mov r1, lr\n\t"
            "tst lr, #4\n\t"
            "ite eq\n\t"
            "mrseq r0, msp\n\t"
            "mrsne r0, psp\n\t"
            "push {r4, lr}\n\t"
            "bl dispatch\n\t"
            "pop {r4, pc}");
}

void Reset_Handler(void)
{
#ifdef __ARM_FP
    CPACR |= 0xFU << 20;
    barrier();
#endif
    for (uint32_t *from = data_load, *to = data_start; to < data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    for (void (**init)(void) = init_start; init < init_end; init++) {
        (*init)();
    }
    leave(main());
}

union vector {
    void *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[64] = {
    [0] = {.stack = stack_top},
    [1] = {.handler = Reset_Handler},
    [2 ... 63] = {.handler = any_exception},
};
