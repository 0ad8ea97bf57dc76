#include "internal/columns.h"
#include "internal/convolve_s8.h"
#include "internal/mat_mult_s8.h"

/** A window of one group's channels. */
struct group_window {
    const int8_t *input; /* of the batch, from the group's first channel on */
    const cmsis_nn_dims *input_dims;
    const cmsis_nn_dims *filter_dims;
    const cmsis_nn_conv_params *params;
};

/** Write the bytes of the window at (left, top); what lies outside is the zero point. */
static void gather(int8_t *target, const struct group_window *window, int32_t left, int32_t top)
{
    const cmsis_nn_dims *const filter = window->filter_dims;
    const int32_t channels = filter->c;
    const int32_t step = window->params->dilation.w * window->input_dims->c;
    const int32_t row_length = filter->w * channels;
    const int32_t zero = -window->params->input_offset;
    const struct taps taps_x =
        taps_inside_dilated(left, filter->w, window->params->dilation.w, window->input_dims->w);
    const struct taps taps_y =
        taps_inside_dilated(top, filter->h, window->params->dilation.h, window->input_dims->h);
    const int32_t before = taps_x.first * channels;
    const int32_t count = taps_x.end - taps_x.first;
    const int32_t after = row_length - before - count * channels;
    target = put_bytes(target, zero, taps_y.first * row_length);
    for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
        const int32_t y = top + ky * window->params->dilation.h;
        const int32_t x = left + taps_x.first * window->params->dilation.w;
        const int8_t *pixel =
            window->input + (y * window->input_dims->w + x) * window->input_dims->c;
        target = put_bytes(target, zero, before);
        if (step == channels) {
            target = put_q7(target, pixel, count * channels);
        } else {
            for (int32_t kx = count; kx > 0; kx--, pixel += step) {
                target = put_q7(target, pixel, channels);
            }
        }
        target = put_bytes(target, zero, after);
    }
    put_bytes(target, zero, (filter->h - taps_y.end) * row_length);
}

/** Widen reordered, with an offset added; the input may be the last bytes of the output. */
static void widen_with_offset(int16_t *target, const int8_t *source, int32_t size, int32_t offset)
{
    const int16x2_t offsets = low_halves(offset, offset);
    const int8_t *const end = source + size;
    for (const int8_t *const last = source + (size & ~3); source != last;
         source += 4, target += 4) {
        const int8x4_t word = load_q7x4(source);
        store_q15x2(target, add_even_bytes(offsets, word));
        store_q15x2(target + 2, add_odd_bytes(offsets, word));
    }
    while (source != end) {
        *target++ = (int16_t)(*source++ + offset);
    }
}

arm_cmsis_nn_status convolve_s8_columns(const cmsis_nn_context *ctx,
                                        const cmsis_nn_conv_params *params,
                                        const cmsis_nn_per_channel_quant_params *quant,
                                        const cmsis_nn_dims *input_dims, const int8_t *input,
                                        const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                        const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                        const cmsis_nn_dims *output_dims, int8_t *output)
{
    (void)bias_dims;
    const int32_t groups = input_dims->c / filter_dims->c;
    const int32_t length = filter_dims->w * filter_dims->h * filter_dims->c;
    const int32_t column_step = (length + 3) & ~3;
    struct rows_s8 layer = {
        .rows = output_dims->c / groups,
        .length = length,
        .range = {params->output_offset, params->activation.min, params->activation.max},
    };
    const int32_t one_pixel = filter_dims->w == 1 && filter_dims->h == 1 &&
                              params->padding.w == 0 && params->padding.h == 0;
    int16_t *const columns = ctx->buf;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t group = 0; group < groups; group++) {
            const int32_t first_row = group * layer.rows;
            layer.weights = filter + first_row * length;
            layer.bias = bias != NULL ? bias + first_row : NULL;
            layer.multiplier = quant->multiplier + first_row;
            layer.shift = quant->shift + first_row;
            const struct group_window window = {input + group * filter_dims->c, input_dims,
                                                filter_dims, params};
            int8_t *target = output + first_row;
            int16_t *column = columns;
            for (int32_t y = 0; y < output_dims->h; y++) {
                const int32_t top = y * params->stride.h - params->padding.h;
                for (int32_t x = 0; x < output_dims->w; x++) {
                    const int32_t left = x * params->stride.w - params->padding.w;
                    if (one_pixel) {
                        const int8_t *const pixel =
                            window.input + (top * input_dims->w + left) * input_dims->c;
                        widen_with_offset(column, pixel, length, params->input_offset);
                    } else {
                        int8_t *const bytes = (int8_t *)column + length;
                        gather(bytes, &window, left, top);
                        widen_with_offset(column, bytes, length, params->input_offset);
                    }
                    if (column == columns) {
                        column = columns + column_step;
                    } else {
                        column = columns;
                        mat_mult_2_columns_s8(&layer, columns, column_step, target, output_dims->c);
                        target += 2 * output_dims->c;
                    }
                }
            }
            if (column != columns) {
                mat_mult_column_s8(&layer, columns, target);
            }
        }
        input += input_dims->h * input_dims->w * input_dims->c;
        output += output_dims->h * output_dims->w * output_dims->c;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
