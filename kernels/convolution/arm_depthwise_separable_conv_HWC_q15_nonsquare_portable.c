#include "internal/fixed_point.h"
#include "internal/window.h"

arm_status arm_depthwise_separable_conv_HWC_q15_nonsquare_portable(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *unused_column_buffer, q7_t *unused_buffer)
{
    (void)unused_column_buffer;
    (void)unused_buffer;
    if (input_channels != output_channels) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    const int32_t channels = input_channels;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            for (int32_t c = 0; c < channels; c++) {
                int32_t sum = first_sum(bias[c], bias_shift, out_shift);
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                        const q15_t pixel =
                            input[((top + ky) * input_x + left + kx) * channels + c];
                        const q15_t tap = weights[(ky * kernel_x + kx) * channels + c];
                        sum = wrapping_add(sum, pixel * tap);
                    }
                }
                *output++ = saturate_q15(sum >> out_shift);
            }
        }
    }
    return ARM_MATH_SUCCESS;
}
