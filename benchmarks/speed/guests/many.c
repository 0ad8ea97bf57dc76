/* Much code: 16, 256 or 4096 functions (POWER 1, 2, 3), all different, called in turn. */
#include <stdint.h>
#include <stdio.h>

#ifndef ROUNDS
#define ROUNDS 100
#endif
#ifndef POWER
#define POWER 1
#endif

#define FUNCTION(n)                                                                                \
    static uint32_t f##n(uint32_t x, uint32_t *kept)                                               \
    {                                                                                              \
        for (int k = 0; k < (int)(0x##n % 3 + 1); k++) {                                           \
            x ^= x << 13, x ^= x >> 17, x ^= x << 5;                                               \
            if (x & 1u << 0x##n % 29)                                                              \
                x += kept[0x##n % 16] + 0x1##n##u;                                                 \
            else                                                                                   \
                kept[x % 16] = x ^ 0x##n * 77u;                                                    \
        }                                                                                          \
        return x;                                                                                  \
    }
#define NAME(n) f##n,
#define ALL(what, n)                                                                               \
    what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) what(n##5) what(n##6) what(n##7)        \
    what(n##8) what(n##9) what(n##a) what(n##b) what(n##c) what(n##d) what(n##e) what(n##f)
#define FUNCTIONS1(n) ALL(FUNCTION, n)
#define NAMES1(n) ALL(NAME, n)
#define ALL2(what, n)                                                                              \
    what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) what(n##5) what(n##6) what(n##7)        \
    what(n##8) what(n##9) what(n##a) what(n##b) what(n##c) what(n##d) what(n##e) what(n##f)
#define FUNCTIONS2(n) ALL2(FUNCTIONS1, n)
#define NAMES2(n) ALL2(NAMES1, n)
#define ALL3(what, n)                                                                              \
    what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) what(n##5) what(n##6) what(n##7)        \
    what(n##8) what(n##9) what(n##a) what(n##b) what(n##c) what(n##d) what(n##e) what(n##f)
#define FUNCTIONS3(n) ALL3(FUNCTIONS2, n)
#define NAMES3(n) ALL3(NAMES2, n)

#if POWER == 1
FUNCTIONS1(1)
#define NAMES NAMES1(1)
#elif POWER == 2
FUNCTIONS2(1)
#define NAMES NAMES2(1)
#else
FUNCTIONS3(1)
#define NAMES NAMES3(1)
#endif

static uint32_t (*const functions[])(uint32_t, uint32_t *) = {NAMES};

int main(void)
{
    uint32_t x = 1, kept[16] = {0};
    for (int round = 0; round < ROUNDS; round++)
        for (unsigned k = 0; k < sizeof functions / sizeof *functions; k++)
            x = functions[k](x, kept);
    printf("many %08lx\n", (unsigned long)x);
    return 0;
}
