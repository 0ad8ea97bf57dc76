/* Many small functions: text is formatted and read back, memory taken and given. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef ROUNDS
#define ROUNDS 100
#endif

int main(void)
{
    uint32_t seed = 1, sum = 0;
    char *kept[16] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        char line[96];
        seed = seed * 1664525u + 1013904223u;
        int length = snprintf(line, sizeof line, "%d %05x %s %-8u|%c", (int)(seed >> 12) - 500000,
                              (unsigned)(seed & 0xFFFFF), round & 1 ? "odd" : "even",
                              (unsigned)(seed >> 20), 'a' + (int)(seed >> 28));
        unsigned slot = seed >> 9 & 15;
        free(kept[slot]);
        kept[slot] = malloc((size_t)length + 1);
        memcpy(kept[slot], line, (size_t)length + 1);
        char *end;
        sum = sum * 31 + (uint32_t)strtol(kept[slot], &end, 10);
        sum = sum * 31 + (uint32_t)strtoul(end, &end, 16) + (uint32_t)strlen(kept[slot]);
        for (int k = 0; k < 16; k++)
            if (kept[k] && strcmp(kept[k], line) > 0)
                sum++;
    }
    printf("small %08lx\n", (unsigned long)sum);
    return 0;
}
