#include "internal/fixed_point.h"
#include "internal/window.h"

void arm_avepool_q7_HWC_portable(q7_t *input, uint16_t input_size, uint16_t channels,
                                 uint16_t kernel_size, uint16_t padding, uint16_t stride,
                                 uint16_t output_size, q7_t *unused_buffer, q7_t *output)
{
    (void)unused_buffer;
    for (int32_t y = 0; y < output_size; y++) {
        const int32_t top = y * stride - padding;
        const struct taps taps_y = taps_inside(top, kernel_size, input_size);
        for (int32_t x = 0; x < output_size; x++) {
            const int32_t left = x * stride - padding;
            const struct taps taps_x = taps_inside(left, kernel_size, input_size);
            for (int32_t c = 0; c < channels; c++) {
                int32_t sum_of_rows = 0;
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    int32_t sum = 0;
                    for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                        sum += input[((top + ky) * input_size + left + kx) * channels + c];
                    }
                    sum_of_rows += sum / (taps_x.end - taps_x.first);
                }
                *output++ = (q7_t)(sum_of_rows / (taps_y.end - taps_y.first));
            }
        }
    }
}
