#include "stages.h"

#include <stdio.h>

static void print_row(const char *name, uint32_t cycles)
{
    const uint64_t microseconds = (uint64_t)cycles * 1000000 / board_clock_hz;
    printf("%-8s %10lu %6lu.%03lu\n", name, cycles, (uint32_t)(microseconds / 1000),
           (uint32_t)(microseconds % 1000));
}

uint32_t print_stages(const struct stage *stages, int count)
{
    uint32_t total = 0;
    printf("%s\n%-8s %10s %10s\n", board_name, "stage", "cycles", "ms");
    for (int i = 0; i < count; i++) {
        print_row(stages[i].name, stages[i].cycles);
        total += stages[i].cycles;
    }
    print_row("total", total);
    return total;
}
