/** Classifies the built-in image and says how long each layer took and how deep the stack was. */
#include <stdio.h>

#include "cifar10_weights.h"
#include "network.h"
#include "stack.h"

static const uint8_t pixels[NETWORK_INPUTS] = PIXELS;

/* Of the run, for who reads memory: all, then each stage. */
uint32_t cycles[1 + NETWORK_STAGES];

static void print_numbers(const char *name, const int8_t *numbers)
{
    printf("%s:", name);
    for (int i = 0; i < NETWORK_CLASSES; i++) {
        printf(" %d", numbers[i]);
    }
    putchar('\n');
}

static int index_of_largest(const int8_t *numbers)
{
    int best = 0;
    for (int i = 1; i < NETWORK_CLASSES; i++) {
        best = numbers[i] > numbers[best] ? i : best;
    }
    return best;
}

int main(int argc, char **argv)
{
    static int8_t logits[NETWORK_CLASSES];
    static int8_t scores[NETWORK_CLASSES];
    struct stage stages[NETWORK_STAGES];
    if (argc > 1) {
        fprintf(stderr, "cifar10: %s: not understood; usage: cifar10.elf\n", argv[1]);
        return 1;
    }
    stack_paint();
    network_run(pixels, logits, scores, stages);
    const uint32_t stack = stack_used();

    printf("class %d\n\n", index_of_largest(logits));
    cycles[0] = print_stages(stages, NETWORK_STAGES);
    for (int i = 0; i < NETWORK_STAGES; i++) {
        cycles[1 + i] = stages[i].cycles;
    }
    printf("\nstack: %lu bytes\n", stack);
    print_numbers("scores", scores);
    print_numbers("logits", logits);
    return 0;
}
