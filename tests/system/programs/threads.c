/** Modes, stacks and rights: CONTROL, PSP and MSP, unprivileged code, EXC_RETURN, frames. */
#include "system.h"

__attribute__((aligned(8))) static uint32_t process_stack[256];
static uint32_t code_seen;
static struct frame *frame_seen;

static void note(struct frame *frame, uint32_t exc_return)
{
    code_seen = exc_return;
    frame_seen = frame;
}

static void svc(void)
{
    __asm__ volatile("svc 0" ::: "memory");
}

/* SVC that makes the thread privileged again, or not. */
static void set_privilege(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    WRITE_SPECIAL("control", (READ_SPECIAL("control") & ~1U) | (frame->r0 & 1));
}

static void become(uint32_t unprivileged)
{
    handlers[SVCALL] = set_privilege;
    register uint32_t r0 __asm__("r0") = unprivileged;
    __asm__ volatile("svc 0" : "+r"(r0)::"memory");
    handlers[SVCALL] = note;
}

static void stacks(void)
{
    say("stacks\n");
    handlers[SVCALL] = note;
    svc();
    say("  main: return %x, control %u\n", code_seen, READ_SPECIAL("control") & 3);
    WRITE_SPECIAL("psp", 0x20001237);
    say("  psp keeps words: %x\n", READ_SPECIAL("psp"));
    const uint32_t main_stack = READ_SPECIAL("msp");
    uint32_t seen, psp, control;
    __asm__ volatile("msr psp, %3\n\tmovs r0, #2\n\tmsr control, r0\n\tisb\n\tmov %0, sp\n\t"
                     "svc 0\n\tmrs %1, psp\n\tmrs %2, control\n\t"
                     "movs r0, #0\n\tmsr control, r0\n\tisb"
                     : "=&r"(seen), "=&r"(psp), "=&r"(control)
                     : "r"(process_stack + 128)
                     : "r0", "memory", "cc");
    say("  process: sp %u psp %u control %u return %x frame %d words down, msp same %u\n",
        seen == (uint32_t)(process_stack + 128), psp == seen, control & 3, code_seen,
        (int)((uint32_t *)frame_seen - (process_stack + 128)),
        READ_SPECIAL("msp") == main_stack);
}

static void alignment(void)
{
    say("alignment\n");
    for (uint32_t align = 0; align < 2; align++) {
        CCR = align << 9;
        for (uint32_t offset = 0; offset < 2; offset++) {
            uint32_t after;
            __asm__ volatile("msr psp, %1\n\tmovs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc 0\n\t"
                             "mov %0, sp\n\tmovs r0, #0\n\tmsr control, r0\n\tisb"
                             : "=&r"(after)
                             : "r"(process_stack + 128 + offset)
                             : "r0", "memory", "cc");
            say("  stkalign %u, sp odd word %u: frame %d, xpsr bit 9 %u, sp back %d\n",
                CCR >> 9 & 1, offset, (int)((uint32_t *)frame_seen - (process_stack + 128)),
                frame_seen->xpsr >> 9 & 1, (int)((uint32_t *)after - (process_stack + 128)));
        }
    }
    CCR = 0x200;
}

static void frame_contents(void)
{
    say("frame\n");
    uint32_t changed;
    handlers[SVCALL] = note;
    __asm__ volatile("ldr r0, =0x11111111\n\tldr r1, =0x22222222\n\tldr r2, =0x33333333\n\t"
                     "ldr r3, =0x44444444\n\tldr r12, =0x55555555\n\tldr lr, =0x66666666\n\t"
                     "msr apsr_nzcvqg, r0\n\tsvc 0\n\tmrs %0, apsr"
                     : "=r"(changed)::"r0", "r1", "r2", "r3", "r12", "lr", "memory", "cc");
    say("  %x %x %x %x %x %x xpsr %x apsr %x\n", frame_seen->r0, frame_seen->r1, frame_seen->r2,
        frame_seen->r3, frame_seen->r12, frame_seen->lr, frame_seen->xpsr, changed);
}

static void special_registers(void)
{
    say("special registers\n");
    WRITE_SPECIAL("apsr_nzcvq", 0xF8000000);
    say("  apsr %x\n", READ_SPECIAL("apsr"));
    WRITE_SPECIAL("apsr_g", 0x000F0000);
    say("  apsr %x ipsr %x epsr %x iapsr %x xpsr %x\n", READ_SPECIAL("apsr"),
        READ_SPECIAL("ipsr"), READ_SPECIAL("epsr"), READ_SPECIAL("iapsr"), READ_SPECIAL("xpsr"));
    WRITE_SPECIAL("apsr_nzcvqg", 0);
    WRITE_SPECIAL("xpsr_nzcvqg", 0xFFFFFFFF);
    say("  xpsr %x\n", READ_SPECIAL("xpsr"));
    WRITE_SPECIAL("ipsr", 5);
    say("  ipsr %x\n", READ_SPECIAL("ipsr"));
    WRITE_SPECIAL("primask", 0xFFFFFFFE);
    say("  primask %x\n", READ_SPECIAL("primask"));
    WRITE_SPECIAL("primask", 1);
    say("  primask %x\n", READ_SPECIAL("primask"));
    WRITE_SPECIAL("primask", 0);
    WRITE_SPECIAL("faultmask", 3);
    say("  faultmask %x\n", READ_SPECIAL("faultmask"));
    WRITE_SPECIAL("faultmask", 0);
    WRITE_SPECIAL("basepri", 0xFFFFFF43);
    say("  basepri %x\n", READ_SPECIAL("basepri"));
    WRITE_SPECIAL("basepri", 0);
    WRITE_SPECIAL("control", 0xFFFFFFF8 & ~4U);
    say("  control %x\n", READ_SPECIAL("control") & 3);
}

static uint32_t faults_seen;

static void count_fault(struct frame *frame, uint32_t exc_return)
{
    faults_seen++;
    report_and_skip(frame, exc_return);
}

static void unprivileged(void)
{
    say("unprivileged\n");
    SHCSR = 7U << 16;
    handlers[BUS] = handlers[USAGE] = handlers[MEM] = count_fault;
    become(1);
    say("  control %u\n", READ_SPECIAL("control") & 3);
    WRITE_SPECIAL("primask", 1);
    WRITE_SPECIAL("basepri", 0x40);
    WRITE_SPECIAL("faultmask", 1);
    WRITE_SPECIAL("control", 0);
    WRITE_SPECIAL("psp", 0x20004000);
    __asm__ volatile("cpsid i\n\tcpsid f");
    say("  msp %x psp %x primask %x basepri %x faultmask %x control %u\n", READ_SPECIAL("msp"),
        READ_SPECIAL("psp"), READ_SPECIAL("primask"), READ_SPECIAL("basepri"),
        READ_SPECIAL("faultmask"), READ_SPECIAL("control") & 3);
    WRITE_SPECIAL("apsr_nzcvq", 0xA0000000);
    say("  apsr %x xpsr %x\n", READ_SPECIAL("apsr"), READ_SPECIAL("xpsr"));
    static const uint32_t addresses[] = {0xE000E010, 0xE000E100, 0xE000ED00, 0xE000ED14,
                                         0xE000EF34, 0xE0001004, 0xE000EDFC};
    for (unsigned k = 0; k < sizeof addresses / sizeof *addresses; k++) {
        uint32_t value = 0xFEED;
        __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(addresses[k]) : "memory");
        say("  value %x\n", value);
    }
    say("  stir\n");
    STIR = 9;
    become(0);
    CCR |= 2;
    become(1);
    STIR = 9;
    become(0);
    say("  pending %x, control %u\n", NVIC_ISPR(0), READ_SPECIAL("control") & 3);
    NVIC_ICPR(0) = 0xFFFFFFFF;
    CCR &= ~2U;
    say("  ldrt and strt of a privileged address\n");
    uint32_t value = 0xFEED;
    __asm__ volatile("ldrt %0, [%1]" : "+r"(value) : "r"(0xE000ED00) : "memory");
    say("  value %x\n", value);
    __asm__ volatile("strt %0, [%1]" ::"r"(value), "r"(0xE000ED08) : "memory");
    __asm__ volatile("ldrt %0, [%1]" : "+r"(value) : "r"(&faults_seen) : "memory");
    say("  faults %u %u\n", faults_seen, value);
}

static void change_in_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    WRITE_SPECIAL("control", 3);
    say("  in handler: control %u, return %x\n", READ_SPECIAL("control") & 3, exc_return);
}

/* Returns to Thread mode on the process stack, with another frame. */
__attribute__((naked)) static void to_process(void)
{
    __asm__("mrs r0, msp\n\tmrs r1, psp\n\tsubs r1, #32\n\tmsr psp, r1\n\t"
            "ldr r2, [r0, #0]\n\tstr r2, [r1, #0]\n\tldr r2, [r0, #4]\n\tstr r2, [r1, #4]\n\t"
            "ldr r2, [r0, #8]\n\tstr r2, [r1, #8]\n\tldr r2, [r0, #12]\n\tstr r2, [r1, #12]\n\t"
            "ldr r2, [r0, #16]\n\tstr r2, [r1, #16]\n\tldr r2, [r0, #20]\n\tstr r2, [r1, #20]\n\t"
            "ldr r2, [r0, #24]\n\tstr r2, [r1, #24]\n\tldr r2, [r0, #28]\n\t"
            "bic r2, #512\n\tstr r2, [r1, #28]\n\tmvn lr, #2\n\tbx lr");
}

static void returning(void)
{
    say("returning\n");
    handlers[SVCALL] = change_in_handler;
    svc();
    say("  control %u\n", READ_SPECIAL("control") & 3);
    become(0);
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)any_exception | 1;
    }
    ram_vectors[SVCALL] = (uint32_t)to_process | 1;
    VTOR = (uint32_t)ram_vectors;
    uint32_t control, sp, main_before = READ_SPECIAL("msp"), main_after;
    __asm__ volatile("msr psp, %3\n\tisb\n\tsvc 0\n\tmrs %0, control\n\tmov %1, sp\n\t"
                     "mrs %2, msp\n\tmovs r0, #0\n\tmsr control, r0\n\tisb\n\tmov sp, %4"
                     : "=&r"(control), "=&r"(sp), "=&r"(main_after)
                     : "r"(process_stack + 200), "r"(main_before)
                     : "r0", "r1", "r2", "r3", "memory", "cc");
    say("  now on the process stack: control %u sp %d main frame left %u\n", control & 3,
        (int)((uint32_t *)sp - process_stack), main_before - main_after >= 32);
    VTOR = 0;
    barrier();
}

/* Returns to Thread mode with a frame of its own. */
__attribute__((naked)) static void return_to_thread(void)
{
    __asm__("ldr r0, =resume_in_thread\n\tsub sp, #32\n\tstr r0, [sp, #24]\n\t"
            "mov r0, #0x01000000\n\tstr r0, [sp, #28]\n\tmvn lr, #6\n\tbx lr\n\t.ltorg");
}

uint32_t resume_stack;

__attribute__((naked, used)) static void resume_in_thread(void)
{
    __asm__("ldr r0, =resume_stack\n\tldr sp, [r0]\n\tpop {r4-r11, pc}\n\t.ltorg");
}

/* Makes PendSV pending; comes back from `resume_in_thread`. */
__attribute__((naked)) static void leave_by_pendsv(void)
{
    __asm__("push {r4-r11, lr}\n\tldr r0, =resume_stack\n\tstr sp, [r0]\n\t"
            "ldr r0, =0xE000ED04\n\tmov r1, #0x10000000\n\tstr r1, [r0]\n\tdsb\n\tisb\n\t"
            "b .\n\t.ltorg");
}

static void call_in_handler(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    svc();
}

static void thread_mode_inside_an_exception(void)
{
    say("thread mode with an exception active\n");
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)any_exception | 1;
    }
    ram_vectors[SVCALL] = (uint32_t)return_to_thread | 1;
    handlers[PENDSV] = call_in_handler;
    SHPR(SVCALL) = 0x40;
    SHPR(PENDSV) = 0x80;
    VTOR = (uint32_t)ram_vectors;
    CCR |= 1;
    leave_by_pendsv();
    say("  ipsr %u icsr %x shcsr %x\n", READ_SPECIAL("ipsr"), ICSR & 0x1FFFFF, SHCSR);
    SHCSR &= ~(1U << 10);
    barrier();
    say("  ipsr %u icsr %x shcsr %x\n", READ_SPECIAL("ipsr"), ICSR & 0x1FFFFF, SHCSR);
    CCR &= ~1U;
    SHPR(SVCALL) = SHPR(PENDSV) = 0;
    VTOR = 0;
    barrier();
}

static void exclusive(void)
{
    say("exclusive\n");
    handlers[SVCALL] = note;
    uint32_t word = 5, value, failed;
    __asm__ volatile("ldrex %0, [%2]\n\tadds %0, #1\n\tstrex %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&word)
                     : "memory", "cc");
    say("  plain: %u failed %u word %u\n", value, failed, word);
    __asm__ volatile("strex %0, %1, [%2]" : "=&r"(failed) : "r"(9), "r"(&word) : "memory");
    say("  again without ldrex: failed %u word %u\n", failed, word);
    __asm__ volatile("ldrex %0, [%2]\n\tsvc 0\n\tstrex %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&word)
                     : "memory", "cc");
    say("  with an exception between: failed %u\n", failed);
    __asm__ volatile("ldrex %0, [%2]\n\tclrex\n\tstrex %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&word)
                     : "memory", "cc");
    say("  with clrex between: failed %u\n", failed);
    uint8_t byte = 200;
    uint16_t half = 60000;
    __asm__ volatile("ldrexb %0, [%2]\n\tadds %0, #100\n\tstrexb %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&byte)
                     : "memory", "cc");
    say("  byte %u failed %u\n", byte, failed);
    __asm__ volatile("ldrexh %0, [%2]\n\tadds %0, #100\n\tstrexh %1, %0, [%2]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&half)
                     : "memory", "cc");
    say("  halfword %u failed %u\n", half, failed);
    uint32_t other = 0;
    __asm__ volatile("ldrex %0, [%2]\n\tstrex %1, %0, [%3]"
                     : "=&r"(value), "=&r"(failed)
                     : "r"(&word), "r"(&other)
                     : "memory", "cc");
    say("[other-address] %u\n", failed);
}

static void stack_fault(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("  exception %u, return %x,", READ_SPECIAL("ipsr"), exc_return);
    say_faults();
    say("\n");
    /* The frame could not be stored: go on from a new one on the main stack. */
}

/* Main stack in order, process stack nowhere: what is stacked is lost. */
__attribute__((naked)) static void lost_frame(void)
{
    __asm__("push {r4, lr}\n\tmov r1, lr\n\tmovs r0, #0\n\tbl stack_fault_shown\n\tpop {r4, lr}\n\t"
            "ldr r0, =lost_sp\n\tldr r1, [r0]\n\tmov sp, r1\n\tsub sp, #32\n\t"
            "ldr r0, =lost_pc\n\tldr r0, [r0]\n\tstr r0, [sp, #24]\n\t"
            "mov r0, #0x01000000\n\tstr r0, [sp, #28]\n\tmvn lr, #6\n\tbx lr\n\t.ltorg");
}

uint32_t lost_sp, lost_pc, own_sp;

__attribute__((used)) static void stack_fault_shown(uint32_t zero, uint32_t exc_return)
{
    (void)zero;
    stack_fault(0, exc_return);
}

static void lost(uint32_t stack, uint32_t use_svc)
{
    __asm__ volatile("push {r4-r11}\n\tldr r0, =lost_sp\n\tmov r1, sp\n\tbic r1, #7\n\tstr r1, [r0]\n\t"
                     "mov r12, sp\n\tldr r0, =lost_pc\n\tadr r1, 1f\n\torr r1, #1\n\tstr r1, [r0]\n\t"
                     "ldr r0, =own_sp\n\tstr r12, [r0]\n\t"
                     "msr psp, %0\n\tmovs r0, #2\n\tmsr control, r0\n\tisb\n\tcmp %1, #0\n\t"
                     "ite ne\n\tsvcne 0\n\tudfeq #0\n\tb .\n\t.align 2\n1:\n\t"
                     "ldr r0, =own_sp\n\tldr r0, [r0]\n\tmov sp, r0\n\tpop {r4-r11}\n\tb 2f\n\t"
                     ".ltorg\n2:" ::"r"(stack),
                     "r"(use_svc)
                     : "r0", "r1", "r2", "r3", "r12", "lr", "memory", "cc");
}

static void stacks_nowhere(void)
{
    say("stacks nowhere\n");
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)lost_frame | 1;
    }
    VTOR = (uint32_t)ram_vectors;
    barrier();
    SHCSR = 7U << 16;
    lost(0x90000100, 1);
    NVIC_ICPR(0) = ~0U;
    SHCSR = 7U << 16;
    say("  then pending: %x\n", SHCSR >> 12 & 15);
    lost(0x90000100, 0);
    SHCSR = 7U << 16;
    SHPR(SVCALL) = 0x40;
    say("  bus fault not enabled\n");
    SHCSR = 1U << 18;
    lost(0x90000100, 1);
    SHCSR = 7U << 16;
    VTOR = 0;
    barrier();
}

int main(void)
{
    stacks();
    alignment();
    frame_contents();
    special_registers();
    unprivileged();
    returning();
    thread_mode_inside_an_exception();
    exclusive();
    stacks_nowhere();
    return 0;
}
