#include "internal/fixed_point.h"
#include "internal/simd.h"
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
    const int32_t full_groups = channels & ~3;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            const int32_t rows = taps_y.end - taps_y.first;
            const int32_t run = (taps_x.end - taps_x.first) * channels;
            const q7_t *const first_pixel =
                input + ((top + taps_y.first) * input_x + left + taps_x.first) * channels;
            const q7_t *const first_tap =
                weights + (taps_y.first * kernel_x + taps_x.first) * channels;
            int32_t c = 0;
            /* Taps outside the image are skipped, so nothing is copied and no zero multiplied. */
            for (; c < full_groups; c += 4) {
                int32_t sum_0 = first_sum(bias[c], bias_shift, out_shift);
                int32_t sum_1 = first_sum(bias[c + 1], bias_shift, out_shift);
                int32_t sum_2 = first_sum(bias[c + 2], bias_shift, out_shift);
                int32_t sum_3 = first_sum(bias[c + 3], bias_shift, out_shift);
                const q7_t *pixel = first_pixel + c;
                const q7_t *tap = first_tap + c;
                for (int32_t row = rows; row > 0; row--) {
                    for (const q7_t *const end = pixel + run; pixel != end;) {
                        const struct q15x4 p = widen_reordered(load_q7x4(pixel));
                        const struct q15x4 w = widen_reordered(load_q7x4(tap));
                        sum_0 = __smlabb(p.first, w.first, sum_0);
                        sum_1 = __smlabb(p.second, w.second, sum_1);
                        sum_2 = __smlatt(p.first, w.first, sum_2);
                        sum_3 = __smlatt(p.second, w.second, sum_3);
                        pixel += channels;
                        tap += channels;
                    }
                    pixel += input_x * channels - run;
                    tap += kernel_x * channels - run;
                }
                *output++ = ssat_q7(sum_0 >> out_shift);
                *output++ = ssat_q7(sum_1 >> out_shift);
                *output++ = ssat_q7(sum_2 >> out_shift);
                *output++ = ssat_q7(sum_3 >> out_shift);
            }
            for (; c < channels; c++) {
                int32_t sum = first_sum(bias[c], bias_shift, out_shift);
                const q7_t *pixel = first_pixel + c;
                const q7_t *tap = first_tap + c;
                for (int32_t row = rows; row > 0; row--) {
                    for (int32_t i = 0; i < run; i += channels) {
                        sum += pixel[i] * tap[i];
                    }
                    pixel += input_x * channels;
                    tap += kernel_x * channels;
                }
                *output++ = ssat_q7(sum >> out_shift);
            }
        }
    }
    return ARM_MATH_SUCCESS;
}
