/** Priorities, masks, nesting, tail-chaining, and the registers that show and change them. */
#include "system.h"

static volatile uint32_t depth;

static void set_group(uint32_t group)
{
    AIRCR = 0x05FA0000 | group << 8;
    barrier();
}

static void show(const char *what)
{
    const uint32_t icsr = ICSR;
    say("  %s %u: depth %u, active %u, rettobase %u", what, READ_SPECIAL("ipsr"), depth,
        icsr & 0x1FF, icsr >> 11 & 1);
    if (!READ_SPECIAL("basepri") && !READ_SPECIAL("faultmask")) {
        say(", pending %u", icsr >> 12 & 0x1FF);
    }
    say("\n");
}

static void plain(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    depth++;
    show("enter");
    depth--;
}

/* What a handler makes pending while it runs, once. */
static volatile uint32_t pend_inside[64];

static void nesting(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    const uint32_t me = READ_SPECIAL("ipsr");
    depth++;
    show("enter");
    if (pend_inside[me]) {
        const uint32_t lines = pend_inside[me];
        pend_inside[me] = 0;
        NVIC_ISPR(0) = lines;
        barrier();
        show("still");
        say("    active lines %x, pending lines %x\n", NVIC_IABR(0), NVIC_ISPR(0));
    }
    say("  leave %u with %x\n", me, exc_return);
    depth--;
}

static void reset_lines(void)
{
    WRITE_SPECIAL("primask", 1);
    NVIC_ICER(0) = 0xFFFFFFFF;
    NVIC_ICPR(0) = 0xFFFFFFFF;
    for (unsigned line = 0; line < 32; line++) {
        NVIC_IPR(line) = 0;
        handlers[IRQ0 + line] = plain;
    }
    WRITE_SPECIAL("primask", 0);
    WRITE_SPECIAL("basepri", 0);
}

static void grouping(void)
{
    for (uint32_t group = 0; group < 8; group++) {
        reset_lines();
        set_group(group);
        say("prigroup %u, aircr %x\n", group, AIRCR);
        for (unsigned line = 0; line < 8; line++) {
            handlers[IRQ0 + line] = nesting;
        }
        static const uint8_t priority[8] = {0xC0, 0xA0, 0x80, 0x40, 0xBF, 0x9F, 0x7E, 0x7C};
        for (unsigned line = 0; line < 8; line++) {
            NVIC_IPR(line) = priority[line];
        }
        NVIC_ISER(0) = 0xFF;
        pend_inside[IRQ0] = 0x3E;
        pend_inside[IRQ0 + 1] = 0x8;
        pend_inside[IRQ0 + 5] = 0xC0;
        pend_inside[IRQ0 + 6] = 0x80;
        NVIC_ISPR(0) = 1;
        barrier();
        WRITE_SPECIAL("basepri", 0x7F); /* the group of BASEPRI counts */
        NVIC_ISPR(0) = 0x48;
        barrier();
        say("  masked by basepri 7f: %x\n", NVIC_ISPR(0));
        WRITE_SPECIAL("basepri", 0);
        barrier();
    }
    set_group(0);
}

static void tail_chaining(void)
{
    say("order of what is pending at once\n");
    reset_lines();
    WRITE_SPECIAL("primask", 1);
    static const uint8_t priority[8] = {0x80, 0x40, 0x80, 0x20, 0x20, 0xE0, 0x00, 0x40};
    for (unsigned line = 0; line < 8; line++) {
        NVIC_IPR(line) = priority[line];
    }
    SHPR(PENDSV) = 0xE0;
    SHPR(SYSTICK) = 0x40;
    handlers[PENDSV] = handlers[SYSTICK] = plain;
    NVIC_ISER(0) = 0xFF;
    NVIC_ISPR(0) = 0xFF;
    ICSR = 1U << 28 | 1U << 26;
    say("  icsr %x, ispr %x\n", ICSR, NVIC_ISPR(0));
    WRITE_SPECIAL("primask", 0);
    barrier();
    say("same in a handler that returns\n");
    handlers[IRQ0 + 20] = nesting;
    pend_inside[IRQ0 + 20] = 0xFF;
    NVIC_ISER(0) = 1U << 20;
    NVIC_ISPR(0) = 1U << 20;
    barrier();
}

static void masks(void)
{
    say("masks\n");
    reset_lines();
    NVIC_IPR(0) = 0x60;
    NVIC_IPR(1) = 0xA0;
    NVIC_ISER(0) = 3;
    WRITE_SPECIAL("basepri", 0x80);
    say("  basepri %x\n", READ_SPECIAL("basepri"));
    NVIC_ISPR(0) = 3;
    barrier();
    say("  pending under basepri %x\n", NVIC_ISPR(0));
    say("[vectpending] %u\n", ICSR >> 12 & 0x1FF);
    WRITE_SPECIAL("basepri_max", 0xC0);
    say("  basepri_max c0: %x\n", READ_SPECIAL("basepri"));
    WRITE_SPECIAL("basepri_max", 0);
    say("  basepri_max 0: %x\n", READ_SPECIAL("basepri_max"));
    WRITE_SPECIAL("basepri_max", 0x40);
    say("  basepri_max 40: %x\n", READ_SPECIAL("basepri"));
    NVIC_ISPR(0) = 1;
    barrier();
    say("  pending under basepri %x\n", NVIC_ISPR(0));
    WRITE_SPECIAL("basepri", 0);
    barrier();
    __asm__ volatile("cpsid i");
    NVIC_ISPR(0) = 3;
    barrier();
    say("  primask %u pending %x\n", READ_SPECIAL("primask"), NVIC_ISPR(0));
    NVIC_ICPR(0) = 1;
    say("  cleared one: %x\n", NVIC_ISPR(0));
    handlers[NMI] = plain;
    ICSR = 1U << 31;
    barrier();
    __asm__ volatile("cpsie i");
    barrier();
    __asm__ volatile("cpsid f");
    say("  faultmask %u\n", READ_SPECIAL("faultmask"));
    NVIC_ISPR(0) = 1;
    ICSR = 1U << 31; /* returning from NMI keeps FAULTMASK */
    barrier();
    say("  after nmi: faultmask %u pending %x\n", READ_SPECIAL("faultmask"), NVIC_ISPR(0));
    __asm__ volatile("cpsie f");
    barrier();
    NVIC_ICER(0) = 1;
    NVIC_ISPR(0) = 1;
    barrier();
    say("  not enabled: icsr %x iser %x icer %x\n", ICSR, NVIC_ISER(0), NVIC_ICER(0));
    NVIC_ISER(0) = 1;
    barrier();
}

static void set_faultmask(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    __asm__ volatile("cpsid f");
    say("  in %u: faultmask %u primask %u\n", READ_SPECIAL("ipsr"), READ_SPECIAL("faultmask"),
        READ_SPECIAL("primask"));
}

static void faultmask_ends_with_its_handler(void)
{
    say("faultmask and return\n");
    reset_lines();
    handlers[IRQ0 + 4] = set_faultmask;
    NVIC_ISER(0) = 0x10;
    NVIC_ISPR(0) = 0x10;
    barrier();
    say("  after: %u\n", READ_SPECIAL("faultmask"));
}

static void count_svc(struct frame *frame, uint32_t exc_return)
{
    const uint8_t number = ((const uint8_t *)frame->pc)[-2];
    say("  svc %u r0 %x from %x, shcsr %x\n", number, frame->r0, exc_return, SHCSR & 0xFFFF);
    frame->r0 += number;
}

static uint32_t call(uint32_t value)
{
    register uint32_t r0 __asm__("r0") = value;
    __asm__ volatile("svc 7" : "+r"(r0)::"memory", "cc");
    return r0;
}

static void call_from_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    say("  in %u: result %x\n", READ_SPECIAL("ipsr"), call(0x100));
}

static void hard_from_svc(struct frame *frame, uint32_t exc_return)
{
    say("  hard fault from %x:", exc_return);
    say_faults();
    say(" pc is behind svc: %u\n", (*(const uint16_t *)(frame->pc - 2) & 0xFF00) == 0xDF00);
}

static void svc_everywhere(void)
{
    say("svc\n");
    reset_lines();
    handlers[SVCALL] = count_svc;
    SHPR(SVCALL) = 0x40;
    say("  result %x\n", call(0x10));
    handlers[IRQ0 + 1] = call_from_handler;
    NVIC_IPR(1) = 0x80;
    NVIC_ISER(0) = 2;
    NVIC_ISPR(0) = 2;
    barrier();
    handlers[HARD] = hard_from_svc;
    say("  svc from a handler of its own priority\n");
    NVIC_IPR(1) = 0x40;
    NVIC_ISPR(0) = 2;
    barrier();
    say("  svc with primask\n");
    __asm__ volatile("cpsid i");
    say("  result %x\n", call(0x30));
    __asm__ volatile("cpsie i");
    say("  svc in an if-then block\n");
    uint32_t a = 0, b = 0;
    __asm__ volatile("movs r0, #5\n\tcmp r0, #5\n\titete eq\n\tsvceq 9\n\tmovne %0, #1\n\t"
                     "moveq %0, #2\n\tmovne %1, #3"
                     : "+r"(a), "+r"(b)::"r0", "cc", "memory");
    say("  %u %u\n", a, b);
}

static void registers(void)
{
    say("registers\n");
    reset_lines();
    NVIC_ISER(0) = 0x80000001;
    NVIC_ISER(1) = 0xFFFFFFFF;
    say("  iser %x %x ictr %x\n", NVIC_ISER(0), NVIC_ISER(1), REG(0xE000E004));
    NVIC_ICER(0) = 0x80000000;
    say("  iser %x icer %x\n", NVIC_ISER(0), NVIC_ICER(0));
    REG(0xE000E404) = 0xFF7F4020;
    say("  ipr %x %x %x\n", REG(0xE000E404), NVIC_IPR(5), REG16(0xE000E406));
    REG16(0xE000E406) = 0x80C0;
    say("  ipr %x\n", REG(0xE000E404));
    REG(0xE000ED18) = 0xFFFFFFFF;
    REG(0xE000ED1C) = 0xFFFFFFFF;
    REG(0xE000ED20) = 0xFFFFFFFF;
    say("  shpr %x %x %x\n", REG(0xE000ED18) & 0xFFFFFF, REG(0xE000ED1C), REG(0xE000ED20));
    REG(0xE000ED18) = REG(0xE000ED1C) = REG(0xE000ED20) = 0;
    SHCSR = 0x00070000;
    say("  shcsr %x", SHCSR);
    SHCSR = 0x00070D8B;
    say(" %x\n", SHCSR);
    SHCSR = 0;
    say("  ccr %x", CCR);
    CCR = 0x31B;
    say(" %x", CCR);
    CCR = 0x200;
    say(" scr %x", SCR);
    SCR = 0x12;
    say(" %x\n", SCR);
    SCR = 4;
    say("[sleepdeep] %x\n", SCR);
    SCR = 0;
    AIRCR = 0x12340300; /* wrong key */
    say("  aircr %x\n", AIRCR);
    VTOR = 0x00000100;
    say("  vtor %x\n", VTOR);
    VTOR = 0;
    say("  reserved %x %x\n", REG(0xE000E020), REG(0xE000ECFC));
    CFSR = 0xFFFFFFFF;
    MMFAR = 0x12345678;
    BFAR = 0x9ABCDEF0;
    say("  cfsr %x mmfar %x bfar %x\n", CFSR, MMFAR, BFAR);
    STIR = 3;
    barrier();
    say("  stir: pending %x\n", NVIC_ISPR(0));
    NVIC_ICPR(0) = 8;
    STIR = 300;
    barrier();
    say("  stir: pending %x\n", NVIC_ISPR(0));
}

static void show_active(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    say("  moved: in %u shcsr %x\n", READ_SPECIAL("ipsr"), SHCSR & 0xFFFF);
}

__attribute__((naked)) static void direct(void)
{
    __asm__("movs r0, #77\n\t"
            "str r0, [sp]\n\t" /* r0 of the frame */
            "bx lr");
}

static void vectors_in_ram(void)
{
    say("vectors in ram\n");
    reset_lines();
    handlers[SVCALL] = count_svc;
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)any_exception | 1;
    }
    ram_vectors[SVCALL] = (uint32_t)direct | 1;
    handlers[PENDSV] = show_active;
    VTOR = (uint32_t)ram_vectors;
    barrier();
    say("  vtor moved %u\n", VTOR == (uint32_t)ram_vectors);
    say("  svc %u\n", call(1));
    ICSR = 1U << 28;
    barrier();
    VTOR = 0;
    barrier();
    say("  svc %u\n", call(1));
}

static void pend_pendsv(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    ICSR = 1U << 28;
    barrier();
    say("  in %u: pendsv pending %u\n", READ_SPECIAL("ipsr"), ICSR >> 28 & 1);
    ICSR = 1U << 27;
    barrier();
    say("  in %u: pendsv pending %u\n", READ_SPECIAL("ipsr"), ICSR >> 28 & 1);
    ICSR = 1U << 28;
}

static void pendsv_comes_last(void)
{
    say("pendsv\n");
    reset_lines();
    handlers[SVCALL] = pend_pendsv;
    handlers[PENDSV] = handlers[SYSTICK] = plain;
    SHPR(PENDSV) = 0xFF;
    call(0);
    say("  back\n");
    SHPR(PENDSV) = 0;
    SHCSR |= 1U << 15; /* SVCall made pending by hand */
    barrier();
    ICSR = 1U << 26;
    barrier();
    say("  done %x\n", ICSR & 0x1F400000);
}

int main(void)
{
    registers();
    grouping();
    tail_chaining();
    masks();
    faultmask_ends_with_its_handler();
    svc_everywhere();
    vectors_in_ram();
    pendsv_comes_last();
    return 0;
}
