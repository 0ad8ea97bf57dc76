#include "internal/fixed_point.h"

/** Where the weight of (row, column) stands among four interleaved rows. */
static uint32_t place_in_block(uint32_t row, uint32_t column, uint32_t length)
{
    const uint32_t full = length & ~3U;
    if (column >= full) {
        return 4 * column + row;
    }
    /* a0 b0 a2 b2 c0 d0 c2 d2 a1 b1 a3 b3 c1 d1 c3 d3: from the low bit up, a place says
     * odd row, second pair of columns, second pair of rows, odd column. */
    return 4 * (column & ~3U) + (row & 1U) + 2 * ((row >> 1) * 2 + ((column >> 1) & 1U)) +
           8 * (column & 1U);
}

arm_status arm_fully_connected_q7_opt_portable(const q7_t *vector, const q7_t *weights,
                                               uint16_t length, uint16_t rows, uint16_t bias_shift,
                                               uint16_t out_shift, const q7_t *bias, q7_t *output,
                                               q15_t *vector_buffer)
{
    (void)vector_buffer;
    const uint32_t full_rows = rows & ~3U;
    for (uint32_t row = 0; row < rows; row++) {
        int32_t sum = first_sum(bias[row], bias_shift, out_shift);
        for (uint32_t i = 0; i < length; i++) {
            const uint32_t place = row < full_rows
                                       ? (row & ~3U) * length + place_in_block(row & 3U, i, length)
                                       : row * length + i;
            sum += vector[i] * weights[place];
        }
        output[row] = saturate_q7(sum >> out_shift);
    }
    return ARM_MATH_SUCCESS;
}
