#include "internal/fixed_point.h"

void arm_softmax_q15_portable(const q15_t *input, uint16_t size, q15_t *output)
{
    int32_t maximum = INT16_MIN;
    for (uint32_t i = 0; i < size; i++) {
        maximum = input[i] > maximum ? input[i] : maximum;
    }
    const int32_t base = maximum - 16;
    int32_t total = 0;
    for (uint32_t i = 0; i < size; i++) {
        total += input[i] > base ? 1 << (input[i] - base) : 0;
    }
    const int32_t share = (int32_t)((INT64_C(1) << 32) / total);
    for (uint32_t i = 0; i < size; i++) {
        output[i] = input[i] > base ? saturate_q15(share >> (17 + base - input[i])) : 0;
    }
}
