#include "internal/simd.h"

void arm_softmax_q15(const q15_t *input, uint16_t size, q15_t *output)
{
    const q15_t *const end = input + size;
    int32_t maximum = INT16_MIN;
    for (const q15_t *x = input; x != end; x++) {
        maximum = *x > maximum ? *x : maximum;
    }
    const int32_t base = maximum - 16;
    /* A score of base or below counts as base; its 2^0 is taken out again. */
    int32_t total = -(int32_t)size;
    int32_t counted = 0;
    for (const q15_t *x = input; x != end; x++) {
        total += 1 << usat_5(*x - base);
        counted += *x > base;
    }
    total += counted;
    /* 2^32 / total, for a total of at least 2^16, with a division of 32 bits. */
    const uint32_t share =
        UINT32_MAX / (uint32_t)total + (UINT32_MAX % (uint32_t)total + 1 == (uint32_t)total);
    for (const q15_t *x = input; x != end; x++) {
        *output++ = *x > base ? ssat_q15((int32_t)share >> usat_5(17 + base - *x)) : 0;
    }
}
