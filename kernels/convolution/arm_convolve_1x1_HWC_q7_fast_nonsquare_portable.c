#include "internal/fixed_point.h"

arm_status arm_convolve_1x1_HWC_q7_fast_nonsquare_portable(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)column_buffer;
    (void)unused_buffer;
    if (input_channels % 4 != 0 || output_channels % 2 != 0 || kernel_x != 1 || kernel_y != 1 ||
        padding_x != 0 || padding_y != 0 || stride_x != 1 || stride_y != 1 || output_x != input_x ||
        output_y != input_y) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    for (int32_t pixel = 0; pixel < output_x * output_y; pixel++) {
        for (int32_t o = 0; o < output_channels; o++) {
            int32_t sum = first_sum(bias[o], bias_shift, out_shift);
            for (int32_t c = 0; c < input_channels; c++) {
                sum += input[pixel * input_channels + c] * weights[o * input_channels + c];
            }
            *output++ = saturate_q7(sum >> out_shift);
        }
    }
    return ARM_MATH_SUCCESS;
}
