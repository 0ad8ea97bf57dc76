#include "internal/mat_mult.h"

arm_status arm_fully_connected_q7(const q7_t *vector, const q7_t *weights, uint16_t length,
                                  uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                  const q7_t *bias, q7_t *output, q15_t *vector_buffer)
{
    arm_q7_to_q15_reordered_no_shift(vector, vector_buffer, length);
    mat_mult_column_reordered(weights, vector_buffer, rows, length, bias_shift, out_shift, bias,
                              output);
    return ARM_MATH_SUCCESS;
}
