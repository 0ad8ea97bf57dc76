/* Hot kernel: a matrix product of 8-bit numbers in the way of CMSIS-NN, two products at a time. */
#include <stdint.h>
#include <stdio.h>

#ifndef ROUNDS
#define ROUNDS 100
#endif
enum { ROWS = 32, COLUMNS = 32, DEPTH = 128 };

static int8_t a[ROWS][DEPTH], b[COLUMNS][DEPTH];
static int8_t c[ROWS][COLUMNS];

static inline uint32_t sxtb16(uint32_t x)
{
    uint32_t y;
    __asm__("sxtb16 %0, %1" : "=r"(y) : "r"(x));
    return y;
}

static inline uint32_t sxtb16_ror8(uint32_t x)
{
    uint32_t y;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(y) : "r"(x));
    return y;
}

static inline int32_t smlad(uint32_t x, uint32_t y, int32_t sum)
{
    int32_t z;
    __asm__("smlad %0, %1, %2, %3" : "=r"(z) : "r"(x), "r"(y), "r"(sum));
    return z;
}

static inline int8_t saturated(int32_t x)
{
    int32_t y;
    __asm__("ssat %0, #8, %1" : "=r"(y) : "r"(x >> 8));
    return (int8_t)y;
}

static void multiply(void)
{
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j += 2) {
            const uint32_t *p = (const uint32_t *)a[i];
            const uint32_t *q = (const uint32_t *)b[j], *r = (const uint32_t *)b[j + 1];
            int32_t one = 0, two = 0;
            for (int k = 0; k < DEPTH / 4; k++) {
                uint32_t x = *p++, y = *q++, z = *r++;
                uint32_t even = sxtb16(x), odd = sxtb16_ror8(x);
                one = smlad(even, sxtb16(y), one);
                one = smlad(odd, sxtb16_ror8(y), one);
                two = smlad(even, sxtb16(z), two);
                two = smlad(odd, sxtb16_ror8(z), two);
            }
            c[i][j] = saturated(one);
            c[i][j + 1] = saturated(two);
        }
    }
}

int main(void)
{
    uint32_t seed = 1, sum = 0;
    for (int i = 0; i < ROWS; i++)
        for (int k = 0; k < DEPTH; k++)
            a[i][k] = (int8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
    for (int j = 0; j < COLUMNS; j++)
        for (int k = 0; k < DEPTH; k++)
            b[j][k] = (int8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
    for (int round = 0; round < ROUNDS; round++) {
        multiply();
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++)
                sum = sum * 31 + (uint8_t)c[i][j];
        a[round % ROWS][round % DEPTH] ^= (int8_t)sum;
    }
    printf("matrix %08lx\n", (unsigned long)sum);
    return 0;
}
