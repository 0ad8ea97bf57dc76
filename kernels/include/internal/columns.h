/** Writes windows of an image as columns of a matrix. */
#ifndef INTERNAL_COLUMNS_H
#define INTERNAL_COLUMNS_H

#include "internal/simd.h"
#include "internal/window.h"

static inline q7_t *put_bytes(q7_t *target, int32_t value, int32_t count)
{
    const int8x4_t word = four_bytes(value);
    for (; count >= 4; count -= 4, target += 4) {
        store_q7x4(target, word);
    }
    for (; count > 0; count--) {
        *target++ = (q7_t)value;
    }
    return target;
}

static inline q7_t *put_zeros_q7(q7_t *target, int32_t count)
{
    return put_bytes(target, 0, count);
}

static inline q7_t *put_q7(q7_t *target, const q7_t *source, int32_t count)
{
    for (; count >= 4; count -= 4, target += 4, source += 4) {
        store_q7x4(target, load_q7x4(source));
    }
    for (; count > 0; count--) {
        *target++ = *source++;
    }
    return target;
}

static inline q15_t *put_zeros_q15(q15_t *target, int32_t count)
{
    for (; count >= 2; count -= 2, target += 2) {
        store_q15x2(target, 0);
    }
    if (count > 0) {
        *target++ = 0;
    }
    return target;
}

static inline q15_t *put_q15(q15_t *target, const q15_t *source, int32_t count)
{
    for (; count >= 2; count -= 2, target += 2, source += 2) {
        store_q15x2(target, load_q15x2(source));
    }
    if (count > 0) {
        *target++ = *source++;
    }
    return target;
}

/** The sizes that all windows of a convolution have in common. */
struct window_shape {
    int32_t input_x;
    int32_t input_y;
    int32_t channels;
    int32_t kernel_x;
    int32_t kernel_y;
};

/** Write the window whose tap 0 stands at (left, top): kernel_y * kernel_x * channels values. */
static inline void put_window_q15(q15_t *column, const q15_t *input,
                                  const struct window_shape *shape, int32_t left, int32_t top)
{
    const struct taps taps_x = taps_inside(left, shape->kernel_x, shape->input_x);
    const struct taps taps_y = taps_inside(top, shape->kernel_y, shape->input_y);
    const int32_t row_length = shape->kernel_x * shape->channels;
    const int32_t before = taps_x.first * shape->channels;
    const int32_t inside = (taps_x.end - taps_x.first) * shape->channels;
    column = put_zeros_q15(column, taps_y.first * row_length);
    for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
        const q15_t *const run =
            input + ((top + ky) * shape->input_x + left + taps_x.first) * shape->channels;
        column = put_zeros_q15(column, before);
        column = put_q15(column, run, inside);
        column = put_zeros_q15(column, row_length - before - inside);
    }
    put_zeros_q15(column, (shape->kernel_y - taps_y.end) * row_length);
}

#endif
