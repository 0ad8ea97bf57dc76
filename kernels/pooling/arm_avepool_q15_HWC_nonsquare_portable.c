#include "internal/fixed_point.h"
#include "internal/window.h"

void arm_avepool_q15_HWC_nonsquare_portable(const q15_t *input, uint16_t input_x, uint16_t input_y,
                                            uint16_t channels, uint16_t kernel_x, uint16_t kernel_y,
                                            uint16_t padding_x, uint16_t padding_y,
                                            uint16_t stride_x, uint16_t stride_y, uint16_t output_x,
                                            uint16_t output_y, q7_t *unused_buffer, q15_t *output,
                                            uint16_t out_lshift)
{
    (void)unused_buffer;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            const int32_t count = (taps_y.end - taps_y.first) * (taps_x.end - taps_x.first);
            for (int32_t c = 0; c < channels; c++) {
                int32_t sum = 0;
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                        sum += input[((top + ky) * input_x + left + kx) * channels + c];
                    }
                }
                *output++ = saturate_q15(sum * (1 << out_lshift) / count);
            }
        }
    }
}
