#include "internal/columns.h"
#include "internal/mat_mult.h"
#include "internal/window.h"

/** Widen a number of groups of four, reordered. */
static inline q15_t *put_widened(q15_t *target, const q7_t *source, int32_t count)
{
    for (const q7_t *const end = source + count; source != end; source += 4, target += 4) {
        const struct q15x4 wide = widen_reordered(load_q7x4(source));
        store_q15x2(target, wide.first);
        store_q15x2(target + 2, wide.second);
    }
    return target;
}

arm_status arm_convolve_HWC_q7_fast_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer)
{
    (void)unused_buffer;
    if (input_channels % 4 != 0 || output_channels % 2 != 0) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    const int32_t channels = input_channels;
    const int32_t row_length = kernel_x * channels;
    const int32_t length = kernel_y * row_length;
    q15_t *const second_column = column_buffer + length;
    q15_t *column = column_buffer;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            const int32_t before = taps_x.first * channels;
            const int32_t inside = (taps_x.end - taps_x.first) * channels;
            /* Each kernel row is one run of bytes in the image. Runs are whole groups of four, so
             * that each can be widened where it is. */
            q15_t *target = put_zeros_q15(column, taps_y.first * row_length);
            for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                const q7_t *const run =
                    input + ((top + ky) * input_x + left + taps_x.first) * channels;
                target = put_zeros_q15(target, before);
                target = put_widened(target, run, inside);
                target = put_zeros_q15(target, row_length - before - inside);
            }
            put_zeros_q15(target, (kernel_y - taps_y.end) * row_length);
            if (column == column_buffer) {
                column = second_column;
            } else {
                column = column_buffer;
                output = arm_nn_mat_mult_kernel_q7_q15_reordered(
                    weights, column_buffer, output_channels, (uint16_t)length, bias_shift,
                    out_shift, bias, output);
            }
        }
    }
    if (column != column_buffer) {
        mat_mult_column_reordered(weights, column_buffer, output_channels, (uint16_t)length,
                                  bias_shift, out_shift, bias, output);
    }
    return ARM_MATH_SUCCESS;
}
