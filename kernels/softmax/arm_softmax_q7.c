#include "internal/simd.h"

void arm_softmax_q7(const q7_t *input, uint16_t size, q7_t *output)
{
    const q7_t *const end = input + size;
    int32_t maximum = INT8_MIN;
    for (const q7_t *x = input; x != end; x++) {
        maximum = *x > maximum ? *x : maximum;
    }
    const int32_t base = maximum - 8;
    int32_t total = 0;
    for (const q7_t *x = input; x != end; x++) {
        total += 1 << usat_3(*x - base);
    }
    const int32_t share = (1 << 20) / total;
    for (const q7_t *x = input; x != end; x++) {
        *output++ = ssat_q7(share >> usat_5(13 + base - *x));
    }
}
