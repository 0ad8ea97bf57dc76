/* malloc, realloc, free, qsort, bsearch: a heap that is used hard, checked by sums. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t seed = 12345;

static uint32_t next(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static int by_value(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    unsigned char *blocks[64] = {0};
    size_t sizes[64] = {0};
    uint32_t sum = 0;
    for (int round = 0; round < 3000; round++) {
        const unsigned k = next() % 64;
        if (blocks[k] && next() % 3) {
            for (size_t i = 0; i < sizes[k]; i++) {
                if (blocks[k][i] != (unsigned char)(k + i)) {
                    printf("block %u is damaged at %u\n", k, (unsigned)i);
                    return 1;
                }
                sum = sum * 31 + blocks[k][i];
            }
            free(blocks[k]);
            blocks[k] = NULL;
        } else {
            const size_t old = blocks[k] ? sizes[k] : 0;
            sizes[k] = next() % 700;
            unsigned char *grown = realloc(blocks[k], sizes[k] + 1);
            if (!grown) {
                puts("out of memory");
                return 1;
            }
            blocks[k] = grown;
            for (size_t i = old; i < sizes[k]; i++) {
                grown[i] = (unsigned char)(k + i);
            }
        }
    }
    printf("sum %lx\n", (unsigned long)sum);
    int32_t *numbers = calloc(2000, sizeof *numbers);
    for (int i = 0; i < 2000; i++) {
        if (numbers[i] != 0) {
            return 2;
        }
        numbers[i] = (int32_t)(next() % 100000) - 50000;
    }
    qsort(numbers, 2000, sizeof *numbers, by_value);
    uint32_t order = 0;
    for (int i = 1; i < 2000; i++) {
        if (numbers[i - 1] > numbers[i]) {
            return 3;
        }
        order = order * 17 + (uint32_t)numbers[i];
    }
    printf("first %ld last %ld order %lx\n", (long)numbers[0], (long)numbers[1999],
           (unsigned long)order);
    const int32_t wanted = numbers[777];
    const int32_t *place = bsearch(&wanted, numbers, 2000, sizeof *numbers, by_value);
    printf("found %d\n", place && *place == wanted);
    return 0;
}
