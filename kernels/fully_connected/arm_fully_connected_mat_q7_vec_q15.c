#include "internal/mat_mult_q7_q15.h"

arm_status arm_fully_connected_mat_q7_vec_q15(const q15_t *vector, const q7_t *weights,
                                              uint16_t length, uint16_t rows, uint16_t bias_shift,
                                              uint16_t out_shift, const q7_t *bias, q15_t *output,
                                              q15_t *unused_buffer)
{
    (void)unused_buffer;
    mat_mult_column_q7_q15(weights, vector, rows, length, bias_shift, out_shift, bias, output);
    return ARM_MATH_SUCCESS;
}
