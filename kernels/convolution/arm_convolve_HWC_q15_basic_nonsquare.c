#include "internal/columns.h"
#include "internal/mat_mult_q15.h"
#include "internal/window.h"

arm_status arm_convolve_HWC_q15_basic_nonsquare(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)unused_buffer;
    const int32_t length = kernel_x * kernel_y * input_channels;
    const struct window_shape shape = {input_x, input_y, input_channels, kernel_x, kernel_y};
    q15_t *const last_column = output_channels % 2 == 0 ? column_buffer + length : column_buffer;
    q15_t *column = column_buffer;
    for (int32_t y = 0; y < output_y; y++) {
        for (int32_t x = 0; x < output_x; x++) {
            put_window_q15(column, input, &shape, x * stride_x - padding_x,
                           y * stride_y - padding_y);
            if (column != last_column) {
                column = last_column;
            } else if (column != column_buffer) {
                column = column_buffer;
                output = mat_mult_2_columns_q15(weights, column_buffer, output_channels, length,
                                                bias_shift, out_shift, bias, output);
            } else {
                mat_mult_column_q15(weights, column_buffer, output_channels, length, bias_shift,
                                    out_shift, bias, output);
                output += output_channels;
            }
        }
    }
    if (column != column_buffer) {
        mat_mult_column_q15(weights, column_buffer, output_channels, length, bias_shift, out_shift,
                            bias, output);
    }
    return ARM_MATH_SUCCESS;
}
