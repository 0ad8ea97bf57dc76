/** An image that only offers functions to call: the vector table and nothing that runs by itself.
 */
#include <stdint.h>

extern uint32_t stack_top[];

void Reset_Handler(void);

void Reset_Handler(void)
{
    for (;;) {
    }
}

union vector {
    void *stack;
    void (*handler)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    {.stack = stack_top},       {.handler = Reset_Handler}, {.handler = Reset_Handler},
    {.handler = Reset_Handler}, {.handler = Reset_Handler}, {.handler = Reset_Handler},
    {.handler = Reset_Handler},
};
