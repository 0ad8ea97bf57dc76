#include "internal/fixed_point.h"

arm_status arm_fully_connected_mat_q7_vec_q15_portable(const q15_t *vector, const q7_t *weights,
                                                       uint16_t length, uint16_t rows,
                                                       uint16_t bias_shift, uint16_t out_shift,
                                                       const q7_t *bias, q15_t *output,
                                                       q15_t *unused_buffer)
{
    (void)unused_buffer;
    for (uint32_t row = 0; row < rows; row++) {
        int32_t sum = first_sum(bias[row], bias_shift, out_shift);
        for (uint32_t i = 0; i < length; i++) {
            sum = wrapping_add(sum, vector[i] * weights[row * length + i]);
        }
        output[row] = saturate_q15(sum >> out_shift);
    }
    return ARM_MATH_SUCCESS;
}
