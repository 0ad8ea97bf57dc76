#include "arm_nn_tables.h"
#include "internal/simd.h"

void arm_nn_activations_direct_q15(q15_t *data, uint16_t size, uint16_t int_width,
                                   arm_nn_activation_type type)
{
    const q15_t *const table = type == ARM_SIGMOID ? sigmoidTable_q15 : tanhTable_q15;
    const int32_t shift = 11 - int_width;
    const int32_t full = 1 << shift;
    for (const q15_t *const end = data + size; data != end; data++) {
        const int32_t index = *data >> shift;
        /* Nothing is known above the last entry: the value stays that of the entry. */
        const int32_t fraction = index == INT8_MAX ? 0 : *data & (full - 1);
        const int16x2_t below_and_above = load_q15x2(table + (uint8_t)index);
        const int16x2_t shares = low_halves(full - fraction, fraction);
        *data = (q15_t)(__smuad(below_and_above, shares) >> shift);
    }
}
