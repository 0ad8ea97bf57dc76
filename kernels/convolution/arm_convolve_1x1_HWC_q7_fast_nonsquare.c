#include "internal/mat_mult.h"

arm_status arm_convolve_1x1_HWC_q7_fast_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)unused_buffer;
    if (input_channels % 4 != 0 || output_channels % 2 != 0 || kernel_x != 1 || kernel_y != 1 ||
        padding_x != 0 || padding_y != 0 || stride_x != 1 || stride_y != 1 || output_x != input_x ||
        output_y != input_y) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    const uint32_t pixels = (uint32_t)output_x * output_y;
    for (uint32_t pair = 0; pair < pixels / 2; pair++) {
        /* Groups of four never span two pixels, so one call widens both columns. */
        arm_q7_to_q15_reordered_no_shift(input, column_buffer, 2U * input_channels);
        input += 2 * input_channels;
        output = arm_nn_mat_mult_kernel_q7_q15_reordered(weights, column_buffer, output_channels,
                                                         input_channels, bias_shift, out_shift,
                                                         bias, output);
    }
    if (pixels % 2 != 0) {
        arm_q7_to_q15_reordered_no_shift(input, column_buffer, input_channels);
        mat_mult_column_reordered(weights, column_buffer, output_channels, input_channels,
                                  bias_shift, out_shift, bias, output);
    }
    return ARM_MATH_SUCCESS;
}
