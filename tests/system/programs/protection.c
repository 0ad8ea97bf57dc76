/** The MPU: regions, subregions, rights, what its faults say, and who is exempt. */
#include "system.h"

enum { XN = 1 << 28, PRIVILEGED = 1 << 24, READ_ALL = 2 << 24, ALL = 3 << 24, READ_ONLY = 6 << 24 };

__attribute__((aligned(4096))) static uint32_t area[1024];
static uint32_t seen;

static void show(struct frame *frame, uint32_t exc_return)
{
    seen++;
    report_and_skip(frame, exc_return);
}

static volatile uint32_t address_seen;

static void quiet(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    address_seen = MMFAR;
    CFSR = CFSR;
    frame->pc += 4;
}

static void region(uint32_t number, uint32_t base, uint32_t size_bits, uint32_t attributes)
{
    MPU_RNR = number;
    MPU_RBAR = base;
    MPU_RASR = attributes | (size_bits - 1) << 1 | 1;
}

static void no_region(uint32_t number)
{
    MPU_RNR = number;
    MPU_RASR = 0;
}

static void control(uint32_t value)
{
    MPU_CTRL = value;
    barrier();
}

static void set_privilege(struct frame *frame, uint32_t exc_return)
{
    (void)exc_return;
    WRITE_SPECIAL("control", frame->r0 & 1);
}

static void become(uint32_t unprivileged)
{
    register uint32_t r0 __asm__("r0") = unprivileged;
    __asm__ volatile("svc 0" : "+r"(r0)::"memory");
}

static void touch(const char *what, uint32_t *address)
{
    uint32_t value = 0xFEED;
    seen = 0;
    __asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
    const uint32_t read = seen;
    __asm__ volatile("str %0, [%1]" ::"r"(value), "r"(address) : "memory");
    say("  %s: read %s write %s\n", what, read ? "refused" : "ok", seen > read ? "refused" : "ok");
}

static void call(uint32_t address)
{
    __asm__ volatile("push {r4, r5}\n\tblx %0\n\tpop {r4, r5}" ::"r"(address)
                     : "memory", "lr", "r0", "r1", "r2", "r3", "r12", "cc");
}

static void rights(void)
{
    say("rights\n");
    region(0, 0, 32, ALL); /* for unprivileged code: it has no default map */
    for (uint32_t access = 0; access < 8; access++) {
        if (access == 4) {
            continue; /* unpredictable */
        }
        say(" ap %u\n", access);
        region(1, (uint32_t)area, 12, access << 24);
        control(5);
        touch("privileged", area + 4);
        become(1);
        touch("unprivileged", area + 4);
        become(0);
        control(0);
    }
    no_region(0);
}

static void subregions(void)
{
    say("subregions\n");
    region(1, (uint32_t)area, 12, ALL | 0xA5 << 8); /* those with a bit fall through */
    region(0, (uint32_t)area, 12, READ_ONLY);
    control(5);
    for (uint32_t part = 0; part < 8; part++) {
        touch("part", area + 128 * part);
    }
    control(0);
    no_region(0);
    no_region(1);
}

static void overlap_and_edges(void)
{
    say("small regions and edges\n");
    region(1, (uint32_t)area, 12, ALL);
    region(2, (uint32_t)area + 64, 5, 0);
    control(5);
    touch("before", area + 15);
    touch("first", area + 16);
    touch("last", area + 23);
    touch("behind", area + 24);
    handlers[MEM] = quiet;
    address_seen = 0;
    __asm__ volatile("ldr.w r0, [%0]" ::"r"((uint32_t)area + 62) : "r0", "memory");
    say("[over-the-edge] %x\n", address_seen ? address_seen - (uint32_t)area : 0);
    handlers[MEM] = show;
    __asm__ volatile("ldm %0, {r0-r3}" ::"r"(area + 14) : "r0", "r1", "r2", "r3", "memory");
    control(0);
    no_region(1);
    no_region(2);
}

static uint32_t answer;

static void execution(void)
{
    say("execution\n");
    area[0] = 0x4770202A; /* movs r0, #42; bx lr */
    barrier();
    region(1, (uint32_t)area, 12, ALL);
    control(5);
    register uint32_t r0 __asm__("r0") = 0;
    __asm__ volatile("blx %1" : "=r"(r0) : "r"((uint32_t)area | 1) : "lr", "memory", "cc");
    answer = r0;
    say("  code in ram %u\n", answer);
    region(1, (uint32_t)area, 12, ALL | XN);
    control(5);
    call((uint32_t)area | 1);
    region(0, 0, 32, ALL);
    region(1, (uint32_t)area, 12, PRIVILEGED);
    control(5);
    become(1);
    call((uint32_t)area | 1);
    become(0);
    control(0);
    no_region(0);
    no_region(1);
}

static void hard(struct frame *frame, uint32_t exc_return)
{
    const uint32_t value = area[4]; /* the MPU is off for HardFault unless HFNMIENA is set */
    say("  hard fault read %x,", value);
    say_faults();
    say("\n");
    (void)exc_return;
    frame->pc += 2;
}

static void hardfault_is_exempt(void)
{
    say("hard fault\n");
    area[4] = 0x1234;
    region(1, (uint32_t)area, 12, 0);
    SHCSR = 0;
    control(5);
    uint32_t value;
    __asm__ volatile("ldr.n %0, [%1]" : "=l"(value) : "l"(area + 4) : "memory");
    control(0);
    SHCSR = 7U << 16;
    say("  faultmask is exempt too\n");
    control(5);
    __asm__ volatile("cpsid f");
    say("  read %x\n", area[4]);
    __asm__ volatile("cpsie f");
    control(0);
    no_region(1);
}

static void background(void)
{
    say("no background region\n");
    region(0, 0, 20, READ_ONLY);
    region(1, 0x20000000, 20, ALL | XN);
    control(1);
    touch("ram", area);
    touch("elsewhere", (uint32_t *)0x21000000);
    say("  system space %x\n", MPU_CTRL);
    become(1);
    touch("ram", area);
    touch("elsewhere", (uint32_t *)0x21000000);
    become(0);
    control(0);
}

static void lost_stack(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    say("  exception %u return %x", READ_SPECIAL("ipsr"), exc_return);
    say_faults();
    say("\n");
    leave(0);
}

static void stack_overflow(void)
{
    say("stack overflow\n");
    region(2, (uint32_t)area, 8, 0);
    handlers[MEM] = lost_stack;
    control(5);
    __asm__ volatile("msr psp, %0\n\tmovs r0, #2\n\tmsr control, r0\n\tisb\n\tsvc 0" ::"r"(
                         (uint32_t)area + 256 + 16)
                     : "r0", "memory");
}

int main(void)
{
    SHCSR = 7U << 16;
    SHPR(MEM) = 0;
    handlers[MEM] = handlers[BUS] = handlers[USAGE] = show;
    handlers[HARD] = hard;
    handlers[SVCALL] = set_privilege;
    SHPR(SVCALL) = 0x40;
    say("type %x\n", MPU_TYPE);
    MPU_RBAR = 0x20000017; /* base, VALID, region 7 */
    say("rnr %x rbar %x", MPU_RNR, MPU_RBAR);
    MPU_RASR = 0;
    say(" rasr %x\n", MPU_RASR);
    rights();
    subregions();
    overlap_and_edges();
    execution();
    hardfault_is_exempt();
    background();
    stack_overflow();
    return 1;
}
