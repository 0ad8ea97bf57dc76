#include "internal/columns.h"
#include "internal/mat_mult_q15.h"
#include "internal/window.h"

arm_status arm_convolve_HWC_q15_basic(const q15_t *input, uint16_t input_size,
                                      uint16_t input_channels, const q15_t *weights,
                                      uint16_t output_channels, uint16_t kernel_size,
                                      uint16_t padding, uint16_t stride, const q15_t *bias,
                                      uint16_t bias_shift, uint16_t out_shift, q15_t *output,
                                      uint16_t output_size, q15_t *column_buffer,
                                      q7_t *unused_buffer)
{
    (void)unused_buffer;
    const int32_t length = kernel_size * kernel_size * input_channels;
    const struct window_shape shape = {input_size, input_size, input_channels, kernel_size,
                                       kernel_size};
    for (int32_t y = 0; y < output_size; y++) {
        for (int32_t x = 0; x < output_size; x++) {
            put_window_q15(column_buffer, input, &shape, x * stride - padding,
                           y * stride - padding);
            mat_mult_column_q15(weights, column_buffer, output_channels, length, bias_shift,
                                out_shift, bias, output);
            output += output_channels;
        }
    }
    return ARM_MATH_SUCCESS;
}
