#include "internal/columns.h"
#include "internal/mat_mult.h"
#include "internal/window.h"

arm_status arm_convolve_HWC_q7_basic_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)unused_buffer;
    const int32_t channels = input_channels;
    const int32_t row_bytes = kernel_x * channels;
    const int32_t length = kernel_y * row_bytes;
    /* Both columns begin at a word: of an odd number of values, the last of the second column
     * stands between the two. */
    const int32_t odd = length & 1;
    q15_t *const second_column = column_buffer + length + odd;
    const q15_t *const last = odd ? second_column - 1 : second_column + length - 1;
    const struct columns_2 columns = {column_buffer, second_column, last};
    q15_t *column = column_buffer;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            const int32_t before = taps_x.first * channels;
            const int32_t inside = (taps_x.end - taps_x.first) * channels;
            const int32_t after = row_bytes - before - inside;
            /* Each kernel row is one run of bytes in the image. The bytes are gathered in the
             * column's upper half and widened from there, all at once: the reordered widening
             * works in groups of four that need not end where a row does. */
            const int32_t apart = column == second_column ? odd : 0;
            q7_t *const gathered = (q7_t *)column + length - 2 * apart;
            q7_t *target = put_zeros_q7(gathered, taps_y.first * row_bytes);
            for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                const q7_t *const run =
                    input + ((top + ky) * input_x + left + taps_x.first) * channels;
                target = put_zeros_q7(target, before);
                target = put_q7(target, run, inside);
                target = put_zeros_q7(target, after);
            }
            put_zeros_q7(target, (kernel_y - taps_y.end) * row_bytes);
            if (apart) {
                column[-1] = gathered[length - 1];
            }
            arm_q7_to_q15_reordered_no_shift(gathered, column, (uint32_t)(length - apart));
            if (column == column_buffer) {
                column = second_column;
            } else {
                column = column_buffer;
                output = mat_mult_2_columns_reordered(weights, columns, output_channels,
                                                      (uint16_t)length, bias_shift, out_shift, bias,
                                                      output);
            }
        }
    }
    if (column != column_buffer) {
        mat_mult_column_reordered(weights, column_buffer, output_channels, (uint16_t)length,
                                  bias_shift, out_shift, bias, output);
    }
    return ARM_MATH_SUCCESS;
}
