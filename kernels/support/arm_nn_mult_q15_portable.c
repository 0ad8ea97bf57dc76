#include "internal/fixed_point.h"

void arm_nn_mult_q15_portable(q15_t *a, q15_t *b, q15_t *output, uint16_t out_shift, uint32_t size)
{
    const int32_t round = (1 << out_shift) >> 1;
    for (uint32_t i = 0; i < size; i++) {
        output[i] = saturate_q15((a[i] * b[i] + round) >> out_shift);
    }
}
