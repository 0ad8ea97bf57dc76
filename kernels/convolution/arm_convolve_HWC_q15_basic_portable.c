#include "internal/fixed_point.h"
#include "internal/window.h"

arm_status arm_convolve_HWC_q15_basic_portable(const q15_t *input, uint16_t input_size,
                                               uint16_t input_channels, const q15_t *weights,
                                               uint16_t output_channels, uint16_t kernel_size,
                                               uint16_t padding, uint16_t stride, const q15_t *bias,
                                               uint16_t bias_shift, uint16_t out_shift,
                                               q15_t *output, uint16_t output_size,
                                               q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)column_buffer;
    (void)unused_buffer;
    for (int32_t y = 0; y < output_size; y++) {
        const int32_t top = y * stride - padding;
        const struct taps taps_y = taps_inside(top, kernel_size, input_size);
        for (int32_t x = 0; x < output_size; x++) {
            const int32_t left = x * stride - padding;
            const struct taps taps_x = taps_inside(left, kernel_size, input_size);
            for (int32_t o = 0; o < output_channels; o++) {
                int32_t sum = first_sum(bias[o], bias_shift, out_shift);
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                        const q15_t *const pixel =
                            input + ((top + ky) * input_size + left + kx) * input_channels;
                        const q15_t *const tap =
                            weights + ((o * kernel_size + ky) * kernel_size + kx) * input_channels;
                        for (int32_t c = 0; c < input_channels; c++) {
                            sum = wrapping_add(sum, pixel[c] * tap[c]);
                        }
                    }
                }
                *output++ = saturate_q15(sum >> out_shift);
            }
        }
    }
    return ARM_MATH_SUCCESS;
}
