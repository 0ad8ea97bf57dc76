#include "internal/depthwise.h"
#include "internal/fixed_point.h"
#include "internal/window.h"

arm_status arm_depthwise_separable_conv_HWC_q7_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
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
            /* Taps outside the image are skipped, so nothing is copied and no zero multiplied. */
            const struct window_taps window = {
                .pixel = input + ((top + taps_y.first) * input_x + left + taps_x.first) * channels,
                .tap = weights + (taps_y.first * kernel_x + taps_x.first) * channels,
                .rows = taps_y.end - taps_y.first,
                .count = taps_x.end - taps_x.first,
                .pixel_step = channels,
                .pixel_row_step = input_x * channels,
                .tap_step = channels,
                .tap_row_step = kernel_x * channels,
            };
            int32_t c = 0;
            for (; c + 4 <= channels; c += 4) {
                struct sums_4 sums = {
                    first_sum(bias[c], bias_shift, out_shift),
                    first_sum(bias[c + 1], bias_shift, out_shift),
                    first_sum(bias[c + 2], bias_shift, out_shift),
                    first_sum(bias[c + 3], bias_shift, out_shift),
                };
                sums = add_window(sums, &window, c, 0);
                *output++ = ssat_q7(sums.sum_0 >> out_shift);
                *output++ = ssat_q7(sums.sum_1 >> out_shift);
                *output++ = ssat_q7(sums.sum_2 >> out_shift);
                *output++ = ssat_q7(sums.sum_3 >> out_shift);
            }
            for (; c < channels; c++) {
                const int32_t start = first_sum(bias[c], bias_shift, out_shift);
                *output++ = ssat_q7(add_window_of_1(start, &window, c, 0) >> out_shift);
            }
        }
    }
    return ARM_MATH_SUCCESS;
}
