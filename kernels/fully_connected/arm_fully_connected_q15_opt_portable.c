#include "internal/fixed_point.h"

/** Where the weight of (row, column) stands among four interleaved rows. */
static uint32_t place_in_block(uint32_t row, uint32_t column, uint32_t length)
{
    if (column >= (length & ~1U)) {
        return 4 * column + row;
    }
    return 4 * (column & ~1U) + 2 * row + (column & 1U);
}

arm_status arm_fully_connected_q15_opt_portable(const q15_t *vector, const q15_t *weights,
                                                uint16_t length, uint16_t rows, uint16_t bias_shift,
                                                uint16_t out_shift, const q15_t *bias,
                                                q15_t *output, q15_t *unused_buffer)
{
    (void)unused_buffer;
    const uint32_t full_rows = rows & ~3U;
    for (uint32_t row = 0; row < rows; row++) {
        int32_t sum = first_sum(bias[row], bias_shift, out_shift);
        for (uint32_t i = 0; i < length; i++) {
            const uint32_t place = row < full_rows
                                       ? (row & ~3U) * length + place_in_block(row & 3U, i, length)
                                       : row * length + i;
            sum = wrapping_add(sum, vector[i] * weights[place]);
        }
        output[row] = saturate_q15(sum >> out_shift);
    }
    return ARM_MATH_SUCCESS;
}
