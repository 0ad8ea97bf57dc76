#include "arm_nnfunctions.h"

arm_status arm_convolve_HWC_q15_fast_nonsquare_portable(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    if (input_channels % 2 != 0 || output_channels % 2 != 0) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    return arm_convolve_HWC_q15_basic_nonsquare_portable(
        input, input_x, input_y, input_channels, weights, output_channels, kernel_x, kernel_y,
        padding_x, padding_y, stride_x, stride_y, bias, bias_shift, out_shift, output, output_x,
        output_y, column_buffer, unused_buffer);
}
