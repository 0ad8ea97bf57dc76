#include "internal/fixed_point.h"

q7_t *arm_nn_mat_mult_kernel_q7_q15_reordered_portable(const q7_t *weights, const q15_t *columns,
                                                       uint16_t output_channels,
                                                       uint16_t column_length, uint16_t bias_shift,
                                                       uint16_t out_shift, const q7_t *bias,
                                                       q7_t *output)
{
    for (uint32_t column = 0; column < 2; column++) {
        for (uint32_t row = 0; row < output_channels; row++) {
            int32_t sum = first_sum(bias[row], bias_shift, out_shift);
            for (uint32_t i = 0; i < column_length; i++) {
                sum += weights[row * column_length + i] *
                       columns[column * column_length + reordered(i, column_length)];
            }
            *output++ = saturate_q7(sum >> out_shift);
        }
    }
    return output;
}
