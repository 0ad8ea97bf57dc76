/** Every fault that software can cause, taken by its own handler, by HardFault, and nested. */
#include "system.h"

static void enable_faults(int on)
{
    SHCSR = on ? 7U << 16 : 0;
    barrier();
}

static uint32_t load(uint32_t address)
{
    uint32_t value = 0x5A5A5A5A;
    __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
    return value;
}

static void store(uint32_t address, uint32_t value)
{
    __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
}

static void call(uint32_t address)
{
    __asm__ volatile("push {r4, r5}\n\tblx %0\n\tpop {r4, r5}" ::"r"(address)
                     : "memory", "lr", "r0", "r1", "r2", "r3", "r12", "cc");
}

#define ONE(name, code, ...)                                                                       \
    do {                                                                                           \
        say("%s\n", name);                                                                         \
        __asm__ volatile(code::__VA_ARGS__ : "memory", "cc", "r0", "r1", "r2", "r3");              \
    } while (0)

__attribute__((aligned(8))) static uint32_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static void undefined_instructions(void)
{
    ONE("udf", "udf #1", "r"(0));
    ONE("udf.w", "udf.w #1234", "r"(0));
    ONE("undefined 16 bits", ".inst.n 0xb800", "r"(0));
    ONE("undefined 32 bits", ".inst.w 0xf7f0a000", "r"(0));
    ONE("undefined 32 bits", ".inst.w 0xfb00f0c0", "r"(0));
    ONE("undefined in an if-then block", "cmp r0, r0\n\titt eq\n\tudfeq #2\n\tmoveq r0, #1",
        "r"(0));
    uint32_t before, behind;
    const uint32_t zero = 0, one = 1;
    for (const uint32_t *value = &zero; value; value = value == &zero ? &one : 0) {
        before = behind = 0;
        say("in an if-then block, where the condition %s\n", *value ? "fails" : "holds");
#define IN_BLOCK(word)                                                                             \
    __asm__ volatile("cmp %2, #0\n\titee eq\n\t" word "\n\taddne %0, #1\n\taddne %1, #1"           \
                     : "+r"(before), "+r"(behind)                                                  \
                     : "r"(*value)                                                                 \
                     : "cc", "memory")
        IN_BLOCK(".inst.n 0xb800");
        IN_BLOCK(".inst.w 0xf7f0a000");
        IN_BLOCK(".inst.w 0xee110211");
        CPACR = 0;
        barrier();
        IN_BLOCK(".inst.w 0xee300a20");
#ifdef __ARM_FP
        CPACR = 0xFU << 20;
#endif
        barrier();
        say("  %u %u\n", before, behind);
    }
    ONE("coprocessor 2", ".inst.w 0xee110211", "r"(0));  /* mrc p2 */
    ONE("coprocessor 7", ".inst.w 0xec410700", "r"(0));  /* mcrr p7 */
    ONE("coprocessor 15", ".inst.w 0xfd100f00", "r"(0)); /* ldc2 p15 */
    CPACR = 0;
    barrier();
    ONE("fpu off", ".inst.w 0xee300a20", "r"(0)); /* vadd.f32 */
    ONE("fpu off, load", ".inst.w 0xed900a00", "r"(words));
#ifdef __ARM_FP
    CPACR = 0xFU << 20;
#endif
    barrier();
}

/* On a word, as QEMU also looks at the alignment that Arm state asks for. */
__attribute__((aligned(4))) static void usage(void)
{
    undefined_instructions();
    say("invalid state\n");
    call((uint32_t)&usage & ~1U);
    say("invalid state by pop\n");
    __asm__ volatile("adr r0, 1f\n\tmov lr, r0\n\torr lr, #1\n\tbic r0, #1\n\tpush {r0}\n\tpop "
                     "{pc}\n\t.align 2\n1:\tnop" ::
                         : "r0", "lr", "memory");
    CCR |= 1U << 4;
    ONE("sdiv by zero", "movs r1, #0\n\tsdiv r0, r0, r1", "r"(0));
    ONE("udiv by zero", "movs r1, #0\n\tudiv r0, r0, r1", "r"(0));
    CCR &= ~(1U << 4);
    uint32_t quotient = 1;
    __asm__ volatile("sdiv %0, %1, %2" : "=r"(quotient) : "r"(5), "r"(0));
    say("no trap: quotient %u\n", quotient);
    const uint32_t odd = (uint32_t)words + 1;
    say("unaligned load without trap %x\n", load(odd));
    ONE("unaligned ldm", "ldm %0, {r0, r1}", "r"(odd));
    ONE("unaligned stm", "stm %0, {r0, r1}", "r"(odd));
    ONE("unaligned ldrd", "ldrd r0, r1, [%0]", "r"(odd + 1));
    ONE("unaligned strd", "strd r0, r1, [%0]", "r"(odd + 1));
    ONE("unaligned ldrex", "ldrex r0, [%0]", "r"(odd + 1));
    ONE("unaligned ldrexh", "ldrexh r0, [%0]", "r"(odd));
    ONE("unaligned push", "mov r2, sp\n\tmov r1, %0\n\tstmdb r1!, {r0, r2}", "r"(odd));
    CCR |= 1U << 3;
    ONE("trapped ldr", "ldr r0, [%0]", "r"(odd));
    ONE("trapped str", "str r0, [%0]", "r"(odd));
    ONE("trapped ldrh", "ldrh r0, [%0]", "r"(odd));
    ONE("trapped strh", "strh r0, [%0]", "r"(odd));
    ONE("trapped ldrsh", "ldrsh r0, [%0, #2]", "r"(odd));
    ONE("byte is never unaligned", "ldrb r0, [%0]", "r"(odd));
    CCR &= ~(1U << 3);
}

static void bus(void)
{
    say("load from nowhere\n");
    say("value %x\n", load(0x90000000));
    say("store to nowhere\n");
    store(0x90000004, 1);
    say("byte from nowhere\n");
    ONE("ldrb", "ldrb r0, [%0]", "r"(0x90000003));
    ONE("ldm", "ldm %0, {r0-r3}", "r"(0x90000000));
    ONE("strd", "strd r0, r1, [%0]", "r"(0x90000010));
    say("code from nowhere\n");
    call(0x90000001);
    say("code from a peripheral\n");
    call(0x40000001);
    say("code from the system space\n");
    call(0xE000E001);
    say("code from EXC_RETURN in Thread mode\n");
    call(0xFFFFFFF9);
}

static void hard_by_escalation(void)
{
    enable_faults(0);
    say("faults that are not enabled\n");
    ONE("udf", "udf #1", "r"(0));
    say("value %x\n", load(0x90000000));
    call(0xE000E001);
    enable_faults(1);
    say("priority too low\n");
    WRITE_SPECIAL("basepri", 0x40);
    SHPR(USAGE) = 0x80;
    SHPR(BUS) = 0x40;
    SHPR(MEM) = 0x20;
    ONE("udf", "udf #1", "r"(0));
    say("value %x\n", load(0x90000000));
    call(0xE000E001);
    WRITE_SPECIAL("basepri", 0);
    SHPR(USAGE) = SHPR(BUS) = SHPR(MEM) = 0;
    say("primask\n");
    __asm__ volatile("cpsid i");
    ONE("udf", "udf #1", "r"(0));
    __asm__ volatile("cpsie i");
}

static void fault_inside(struct frame *frame, uint32_t exc_return)
{
    say("usage fault handler, shcsr %x\n", SHCSR);
    say("value %x\n", load(0x90000020));
    ONE("udf in its own handler", "udf #9", "r"(0));
    report_and_skip(frame, exc_return);
}

static void nested(void)
{
    say("nested\n");
    handlers[USAGE] = fault_inside;
    SHPR(USAGE) = 0x40;
    SHPR(BUS) = 0x20;
    ONE("udf", "udf #1", "r"(0));
    say("bus fault not above\n");
    SHPR(BUS) = 0x40;
    ONE("udf", "udf #1", "r"(0));
    handlers[USAGE] = report_and_skip;
    SHPR(USAGE) = SHPR(BUS) = 0;
}

static volatile uint32_t wrong_return;

/* Returns from SVC with the EXC_RETURN that the test asks for. */
__attribute__((naked)) static void svc_returns_wrongly(void)
{
    __asm__("ldr r0, =%c0\n\tldr lr, [r0]\n\tbx lr\n\t.ltorg" ::"i"(&wrong_return));
}

/* Makes the stacked exception number wrong. */
__attribute__((naked)) static void svc_spoils_frame(void)
{
    __asm__("ldr r0, [sp, #28]\n\torr r0, #15\n\tstr r0, [sp, #28]\n\tbx lr");
}

__attribute__((used)) static void after_bad_return(struct frame *frame, uint32_t exc_return)
{
    say("  exception %u, lr %x, frame pc is after svc %u,", READ_SPECIAL("ipsr"), exc_return,
        (*(const uint16_t *)(frame->pc - 2) & 0xFF00) == 0xDF00);
    say_faults();
    say(" icsr %x shcsr %x\n", ICSR, SHCSR);
}

/* As any_exception, for a frame that is on the main stack whatever EXC_RETURN says. */
__attribute__((naked)) static void usage_on_main_stack(void)
{
    __asm__("mov r1, lr\n\tmov r0, sp\n\tpush {r4, lr}\n\tbl after_bad_return\n\tpop {r4, lr}\n\t"
            "mvn lr, #6\n\tbx lr");
}

/* The return address of a frame whose stacked exception number makes no sense is reached with
   the number cleared. */
static void mend_frame(struct frame *frame, uint32_t exc_return)
{
    say("  exception %u, lr %x, stacked exception %u,", READ_SPECIAL("ipsr"), exc_return,
        frame->xpsr & 0x1FF);
    say_faults();
    say(" shcsr %x\n", SHCSR);
    frame->xpsr &= ~0x1FFU;
}

static void returns(void)
{
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)any_exception | 1;
    }
    ram_vectors[SVCALL] = (uint32_t)svc_returns_wrongly | 1;
    ram_vectors[USAGE] = (uint32_t)usage_on_main_stack | 1;
    VTOR = (uint32_t)ram_vectors;
    barrier();
    static const uint32_t values[] = {0xFFFFFFF0, 0xFFFFFFF5, 0xFFFFFFFF, 0xFFFFFFE3, 0xFFFFFFF8};
    for (unsigned k = 0; k < sizeof values / sizeof *values; k++) {
        say("return %x\n", values[k]);
        wrong_return = values[k];
        __asm__ volatile("svc 0" ::: "memory");
    }
    handlers[HARD] = after_bad_return;
    say("no usage fault handler\n");
    enable_faults(0);
    wrong_return = 0xFFFFFFFF;
    ram_vectors[HARD] = (uint32_t)usage_on_main_stack | 1;
    __asm__ volatile("svc 0" ::: "memory");
    enable_faults(1);
    handlers[HARD] = report_and_skip;
    ram_vectors[HARD] = (uint32_t)any_exception | 1;
    VTOR = 0;
    barrier();
}

static void inactivate(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    SHCSR &= ~(1U << 7);
    barrier();
    say("svc no longer active: shcsr %x icsr %x\n", SHCSR, ICSR);
}

static void spoiled_returns(void)
{
    say("exception that is not active\n");
    handlers[USAGE] = after_bad_return;
    handlers[SVCALL] = inactivate;
    __asm__ volatile("svc 0" ::: "memory");
    say("stacked exception number\n");
    ram_vectors[SVCALL] = (uint32_t)svc_spoils_frame | 1;
    ram_vectors[USAGE] = (uint32_t)any_exception | 1;
    handlers[USAGE] = mend_frame;
    VTOR = (uint32_t)ram_vectors;
    barrier();
    __asm__ volatile("svc 0" ::: "memory");
    VTOR = 0;
    barrier();
    handlers[USAGE] = report_and_skip;
}

int main(void)
{
    for (unsigned number = HARD; number <= USAGE; number++) {
        handlers[number] = report_and_skip;
    }
    enable_faults(1);
    usage();
    bus();
    hard_by_escalation();
    nested();
    returns();
    spoiled_returns();
    return 0;
}
