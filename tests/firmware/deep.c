/** Prints how much of the stack is said to be in use before and after a call that needs 1000. */
#include <stdio.h>

#include "stack.h"

__attribute__((noinline)) static void use_much(void)
{
    volatile char bytes[1000];
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0;
    }
}

int main(void)
{
    stack_paint();
    const uint32_t before = stack_used();
    use_much();
    const uint32_t after = stack_used();
    printf("%lu %lu\n", (unsigned long)before, (unsigned long)after);
    return 0;
}
