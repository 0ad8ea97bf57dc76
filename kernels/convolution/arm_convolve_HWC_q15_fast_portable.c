#include "arm_nnfunctions.h"

arm_status arm_convolve_HWC_q15_fast_portable(const q15_t *input, uint16_t input_size,
                                              uint16_t input_channels, const q15_t *weights,
                                              uint16_t output_channels, uint16_t kernel_size,
                                              uint16_t padding, uint16_t stride, const q15_t *bias,
                                              uint16_t bias_shift, uint16_t out_shift,
                                              q15_t *output, uint16_t output_size,
                                              q15_t *column_buffer, q7_t *unused_buffer)
{
    if (output_size % 2 != 0) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    return arm_convolve_HWC_q15_fast_nonsquare_portable(
        input, input_size, input_size, input_channels, weights, output_channels, kernel_size,
        kernel_size, padding, padding, stride, stride, bias, bias_shift, out_shift, output,
        output_size, output_size, column_buffer, unused_buffer);
}
