/** A small kernel: tasks on process stacks, switched by PendSV, driven by SysTick. The log depends
    on what tasks do to each other, never on how long it takes. */
#include "system.h"

enum { TASKS = 5, WORDS = 256, READY = 0, WAITING, SLEEPING, DONE };

struct task {
    uint32_t *sp;
    uint32_t exc_return;
    uint32_t state;
    const void *waits_for;
    uint32_t wake_at;
    uint32_t stack[WORDS] __attribute__((aligned(8)));
};

static struct task tasks[TASKS + 1]; /* the last one idles */
static struct task *volatile current;
static volatile uint32_t now;

struct mutex {
    volatile uint32_t owner; /* 0: free */
};

static void reschedule(void)
{
    ICSR = 1U << 28;
    barrier();
}

/* Round robin among those ready. */
__attribute__((used)) struct task *choose_next(uint32_t *sp, uint32_t exc_return)
{
    if (current) {
        current->sp = sp;
        current->exc_return = exc_return;
    }
    const unsigned from = current && current < tasks + TASKS ? (unsigned)(current - tasks) : TASKS - 1;
    for (unsigned k = 1; k <= TASKS; k++) {
        struct task *next = &tasks[(from + k) % TASKS];
        if (next->state == READY) {
            current = next;
            return next;
        }
    }
    current = &tasks[TASKS];
    return current;
}

__attribute__((naked)) static void switch_tasks(void)
{
    __asm__("mrs r0, psp\n\t"
#ifdef __ARM_FP
            "tst lr, #16\n\tit eq\n\tvstmdbeq r0!, {s16-s31}\n\t"
#endif
            "stmdb r0!, {r4-r11}\n\tmov r1, lr\n\tcpsid i\n\tbl choose_next\n\tcpsie i\n\t"
            "ldr lr, [r0, #4]\n\tldr r0, [r0]\n\tldmia r0!, {r4-r11}\n\t"
#ifdef __ARM_FP
            "tst lr, #16\n\tit eq\n\tvldmiaeq r0!, {s16-s31}\n\t"
#endif
            "msr psp, r0\n\tbx lr");
}

static void tick(struct frame *frame, uint32_t exc_return)
{
    (void)frame;
    (void)exc_return;
    now++;
    for (unsigned k = 0; k < TASKS; k++) {
        if (tasks[k].state == SLEEPING && now >= tasks[k].wake_at) {
            tasks[k].state = READY;
        }
    }
    ICSR = 1U << 28;
}

static void finish(void)
{
    current->state = DONE;
    reschedule();
    for (;;) {
    }
}

static void create(unsigned number, void (*entry)(uint32_t), uint32_t argument)
{
    struct task *task = &tasks[number];
    uint32_t *sp = task->stack + WORDS - 8;
    sp[0] = argument;
    sp[5] = (uint32_t)finish;
    sp[6] = (uint32_t)entry & ~1U;
    sp[7] = 1U << 24;
    task->sp = sp - 8;
    task->exc_return = 0xFFFFFFFD;
    task->state = READY;
}

static uint32_t swap_if(volatile uint32_t *word, uint32_t expected, uint32_t value)
{
    uint32_t found, failed;
    do {
        __asm__ volatile("ldrex %0, [%1]" : "=r"(found) : "r"(word) : "memory");
        if (found != expected) {
            __asm__ volatile("clrex");
            return 0;
        }
        __asm__ volatile("strex %0, %2, [%1]"
                         : "=&r"(failed)
                         : "r"(word), "r"(value)
                         : "memory");
    } while (failed);
    __asm__ volatile("dmb" ::: "memory");
    return 1;
}

static void lock(struct mutex *mutex)
{
    const uint32_t me = (uint32_t)(current - tasks) + 1;
    while (!swap_if(&mutex->owner, 0, me)) {
        __asm__ volatile("cpsid i" ::: "memory");
        if (mutex->owner) {
            current->waits_for = mutex;
            current->state = WAITING;
        }
        __asm__ volatile("cpsie i" ::: "memory");
        reschedule();
    }
}

static void unlock(struct mutex *mutex)
{
    __asm__ volatile("dmb" ::: "memory");
    __asm__ volatile("cpsid i" ::: "memory");
    mutex->owner = 0;
    for (unsigned k = 0; k < TASKS; k++) {
        if (tasks[k].state == WAITING && tasks[k].waits_for == mutex) {
            tasks[k].state = READY;
        }
    }
    __asm__ volatile("cpsie i" ::: "memory");
}

static void delay(uint32_t time)
{
    __asm__ volatile("cpsid i" ::: "memory");
    current->wake_at = now + time;
    current->state = SLEEPING;
    __asm__ volatile("cpsie i" ::: "memory");
    reschedule();
}

static struct mutex print_mutex, counter_mutex;
static volatile uint32_t counter, in_turn;
static volatile float float_results[TASKS];

/* Says its lines in turn with the others, whoever runs first. */
static void say_in_turn(uint32_t turn, const char *what, const volatile uint32_t *value)
{
    while (in_turn != turn) {
        reschedule();
    }
    lock(&print_mutex);
    say("task %u: %s %u\n", (uint32_t)(current - tasks), what, *value);
    unlock(&print_mutex);
    in_turn = turn + 1;
}

static float series(uint32_t first, uint32_t terms)
{
    float sum = 0;
    for (uint32_t k = 0; k < terms; k++) {
        sum += 1.0F / (float)(first + k);
        if (k % 50 == 49) {
            reschedule(); /* with FP registers in use */
        }
    }
    return sum;
}

static uint32_t bits(float value)
{
    union {
        float f;
        uint32_t u;
    } both = {value};
    return both.u;
}

static void worker(uint32_t number)
{
    for (uint32_t k = 0; k < 40; k++) {
        lock(&counter_mutex);
        const uint32_t seen = counter;
        if (k % 8 == number) {
            reschedule(); /* someone else tries to get in */
        }
        counter = seen + 1;
        unlock(&counter_mutex);
    }
    float_results[number] = series(number + 1, 400);
    delay(2 + number);
    const uint32_t result = bits(float_results[number]);
    say_in_turn(number, "series", &result);
    say_in_turn(TASKS + number, "counter", &counter);
}

static void idle(uint32_t argument)
{
    (void)argument;
    for (;;) {
        uint32_t done = 0;
        for (unsigned k = 0; k < TASKS; k++) {
            done += tasks[k].state == DONE;
        }
        if (done == TASKS) {
            break;
        }
        __asm__ volatile("wfi");
    }
    SYST_CSR = 0;
    for (uint32_t k = 0; k < TASKS; k++) {
        const float alone = float_results[k];
        say("series of %u right: %u\n", k, alone == series(k + 1, 400));
    }
    say("all done, time passed %u\n", now > 0);
    leave(0);
}

int main(void)
{
    for (unsigned number = 2; number < 64; number++) {
        ram_vectors[number] = (uint32_t)any_exception | 1;
    }
    ram_vectors[PENDSV] = (uint32_t)switch_tasks | 1;
    handlers[SYSTICK] = tick;
    VTOR = (uint32_t)ram_vectors;
    SHPR(PENDSV) = 0xFF;
    SHPR(SYSTICK) = 0x80;
    for (unsigned k = 0; k < TASKS; k++) {
        create(k, worker, k);
    }
    create(TASKS, idle, 0);
    static uint32_t scratch[64] __attribute__((aligned(8)));
    WRITE_SPECIAL("psp", scratch + 64);
    WRITE_SPECIAL("control", 2);
    current = 0;
    SYST_RVR = 9999;
    SYST_CVR = 0;
    SYST_CSR = 7;
    reschedule();
    return 1;
}
