#include "internal/mat_mult.h"

q7_t *arm_nn_mat_mult_kernel_q7_q15(const q7_t *weights, const q15_t *columns,
                                    uint16_t output_channels, uint16_t column_length,
                                    uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                                    q7_t *output)
{
    const struct columns_2 both = columns_apart(columns, column_length, column_length);
    return mat_mult_2_columns(widen, weights, both, output_channels, column_length, bias_shift,
                              out_shift, bias, output);
}
