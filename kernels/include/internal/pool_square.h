/** The walk of square q7 pooling over its windows, first along x, in place, then along y. */
#ifndef INTERNAL_POOL_SQUARE_H
#define INTERNAL_POOL_SQUARE_H

#include "internal/box.h"
#include "internal/window.h"

/** Reduces `size` boxes, one byte apart. The target may be the first pixel of the box. */
typedef void pool_box(q7_t *target, const q7_t *source, struct box box, int32_t size);

static inline __attribute__((always_inline)) void
pool_square(q7_t *input, int32_t input_size, int32_t channels, int32_t kernel_size, int32_t padding,
            int32_t stride, int32_t output_size, q7_t *output, pool_box *pool)
{
    const int32_t row_step = input_size * channels;
    const int32_t row_size = output_size * channels;
    /* Rows shrink in place, unless a window would start before the pixel that takes its result. */
    const int32_t in_place = stride > padding || output_size == 1;
    for (int32_t y = 0; in_place && y < input_size; y++) {
        q7_t *const row = input + y * row_step;
        for (int32_t x = 0; x < output_size; x++) {
            const int32_t left = x * stride - padding;
            const struct taps taps = taps_inside(left, kernel_size, input_size);
            const struct box box = run_of(taps.end - taps.first, channels);
            pool(row + x * channels, row + (left + taps.first) * channels, box, channels);
        }
    }
    for (int32_t y = 0; y < output_size; y++) {
        const int32_t top = y * stride - padding;
        const struct taps taps_y = taps_inside(top, kernel_size, input_size);
        const q7_t *const first_row = input + (top + taps_y.first) * row_step;
        const int32_t rows = taps_y.end - taps_y.first;
        if (in_place) {
            const struct box box = run_of(rows, row_step);
            pool(output, first_row, box, row_size);
            output += row_size;
            continue;
        }
        for (int32_t x = 0; x < output_size; x++, output += channels) {
            const int32_t left = x * stride - padding;
            const struct taps taps = taps_inside(left, kernel_size, input_size);
            const struct box box = {channels, taps.end - taps.first, row_step, rows};
            pool(output, first_row + (left + taps.first) * channels, box, channels);
        }
    }
}

#endif
