/** FP state over exceptions: lazy and eager stacking, nesting, what is kept and what is not. */
#include "system.h"

static uint32_t fill(uint32_t k)
{
    return 0x3F800000 + k * 0x10001;
}

/* Put a value that tells its number in every register. */
static void load_all(uint32_t first)
{
    uint32_t words[32];
    for (uint32_t k = 0; k < 32; k++) {
        words[k] = fill(first + k);
    }
    __asm__ volatile("vldmia %0, {s0-s31}" ::"r"(words)
                     : "memory", "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10",
                       "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19", "s20", "s21",
                       "s22", "s23", "s24", "s25", "s26", "s27", "s28", "s29", "s30", "s31");
}

static uint32_t sum_all(void)
{
    uint32_t words[32], sum = 0;
    __asm__ volatile("vstmia %0, {s0-s31}" ::"r"(words) : "memory");
    for (uint32_t k = 0; k < 32; k++) {
        sum = sum * 31 + words[k];
    }
    return sum;
}

static uint32_t fpscr(void)
{
    uint32_t value;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(value)::"memory");
    return value;
}

static void set_fpscr(uint32_t value)
{
    __asm__ volatile("vmsr fpscr, %0" ::"r"(value) : "memory");
}

static void no_fp(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("  integer handler %u: return %x fpccr %x fpca %u\n", READ_SPECIAL("ipsr"), exc_return,
        FPCCR, READ_SPECIAL("control") >> 2);
    say("  fpcar is in the frame: %u\n", FPCAR == (uint32_t)frame + 32);
}

static void uses_fp(struct frame *frame, uint32_t exc_return)
{
    const uint32_t *saved = (const uint32_t *)frame + 8;
    const uint32_t before = FPCCR & 1, was = READ_SPECIAL("control") >> 2;
    __asm__ volatile("vmov.f32 s0, #2.0\n\tvmul.f32 s1, s0, s0" ::: "s0", "s1");
    say("  fp handler %u: return %x lspact %u to %u fpca %u to %u\n", READ_SPECIAL("ipsr"),
        exc_return, before, FPCCR & 1, was, READ_SPECIAL("control") >> 2);
    say("  saved %x %x %x fpscr %x\n", saved[0], saved[1], saved[15], saved[16]);
}

static void spoils_everything(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    uint32_t high[16];
    __asm__ volatile("vstmia %0, {s16-s31}" ::"r"(high) : "memory");
    load_all(1000);
    set_fpscr(0x00C00000);
    __asm__ volatile("vldmia %0, {s16-s31}" ::"r"(high) : "memory");
}

static void nests(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    load_all(2000 + 0 * exc_return);
    const uint32_t before = sum_all();
    NVIC_ISPR(0) = 2;
    barrier();
    say("  nested fp state kept %u, return %x\n", before == sum_all(), exc_return);
}

/* A handler that must not change S16 to S31 by itself saves them, as compilers do. */
__attribute__((naked)) static void nests_and_saves(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    __asm__("push {r4, lr}\n\tvpush {s16-s31}\n\tbl fp_nests\n\tvpop {s16-s31}\n\tpop {r4, pc}");
}

__attribute__((used)) void fp_nests(struct frame *frame, uint32_t exc_return)
{
    nests(frame, exc_return);
}

static void pend(uint32_t lines)
{
    NVIC_ISPR(0) = lines;
    barrier();
}

static void check(const char *what, handler *with)
{
    say("%s\n", what);
    handlers[IRQ0] = with;
    load_all(5);
    set_fpscr(0x01C00000 & ~0x00C00000U);
    const uint32_t before = sum_all();
    pend(1);
    const uint32_t after = sum_all(), status = fpscr();
    say("  kept %u fpscr %x fpca %u lspact %u\n", before == after, status,
        READ_SPECIAL("control") >> 2, FPCCR & 1);
    set_fpscr(0);
}

static void without_context(void)
{
    say("no fp context\n");
    WRITE_SPECIAL("control", 0);
    handlers[IRQ0] = no_fp;
    pend(1);
    WRITE_SPECIAL("control", 0);
    handlers[IRQ0] = spoils_everything;
    pend(1);
    say("  fpca after a handler that used fp: %u\n", READ_SPECIAL("control") >> 2);
}

static void defaults(void)
{
    say("fpdscr\n");
    FPDSCR = 0xFFFFFFFF;
    say("  fpdscr %x\n", FPDSCR);
    WRITE_SPECIAL("control", 0);
    barrier();
    say("  new context: fpscr %x fpca %u\n", fpscr() & 0x07C00000, READ_SPECIAL("control") >> 2);
    FPDSCR = 0;
    set_fpscr(0x9F);
    WRITE_SPECIAL("control", 0);
    barrier();
    say("[cumulative-flags] %x\n", fpscr());
    set_fpscr(0);
    FPCCR &= ~(1U << 31);
    WRITE_SPECIAL("control", 0);
    barrier();
    __asm__ volatile("vmov.f32 s0, #1.0" ::: "s0");
    say("  without aspen: fpca %u\n", READ_SPECIAL("control") >> 2);
    FPCCR |= 1U << 31;
}

static void fpu_switched_off(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("  usage fault, return %x,", exc_return);
    say_faults();
    say(" lspact %u\n", FPCCR & 1);
    CPACR = 0xFU << 20;
    barrier();
}

static void switches_off(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    CPACR = 0;
    barrier();
    say("  off: fpca %u lspact %u\n", READ_SPECIAL("control") >> 2, FPCCR & 1);
}

static void off_while_lazy(void)
{
    say("switched off in a handler\n");
    handlers[USAGE] = fpu_switched_off;
    SHCSR = 7U << 16;
    load_all(77);
    const uint32_t before = sum_all();
    handlers[IRQ0] = switches_off;
    pend(1);
    say("  kept %u\n", before == sum_all());
}

int main(void)
{
    NVIC_IPR(0) = 0x80;
    NVIC_IPR(1) = 0x40;
    NVIC_ISER(0) = 3;
    handlers[IRQ0 + 1] = uses_fp;
    say("fpccr %x cpacr %x mvfr %x %x\n", FPCCR & ~1U, CPACR, REG(0xE000EF40) & 0xFF,
        REG(0xE000EF44));
    for (uint32_t lazy = 0; lazy < 2; lazy++) {
        FPCCR = 1U << 31 | lazy << 30;
        say("lspen %u\n", lazy);
        check("integer handler", no_fp);
        check("fp handler", uses_fp);
        check("handler that changes everything", spoils_everything);
        check("nested", nests_and_saves);
        without_context();
    }
    defaults();
    off_while_lazy();
    return 0;
}
