#include "stack.h"

#include <stdint.h>

extern uint32_t stack_top[];

static const uint32_t PAINT = 0xA5C3961E;
static volatile uint32_t *painted_start;

static inline volatile uint32_t *stack_pointer(void)
{
    volatile uint32_t *pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

void stack_paint(void)
{
    volatile uint32_t *const end = stack_pointer();
    painted_start = end - STACK_PAINTED / sizeof *end;
    for (volatile uint32_t *word = painted_start; word < end; word++) {
        *word = PAINT;
    }
}

uint32_t stack_used(void)
{
    volatile uint32_t *word = painted_start;
    while (word < stack_top && *word == PAINT) {
        word++;
    }
    return (uint32_t)(stack_top - (uint32_t *)word) * sizeof *word;
}
