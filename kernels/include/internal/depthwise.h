/** Sums of a window, each channel by itself; behind the depthwise convolutions. */
#ifndef INTERNAL_DEPTHWISE_H
#define INTERNAL_DEPTHWISE_H

#include "internal/simd.h"

/** The taps of a window that lie inside the image: `rows` runs of `count`, and their pixels. */
struct window_taps {
    const int8_t *pixel;
    const int8_t *tap;
    int32_t rows;
    int32_t count;
    int32_t pixel_step;
    int32_t pixel_row_step;
    int32_t tap_step;
    int32_t tap_row_step;
};

/** Sums of four channels. */
struct sums_4 {
    int32_t sum_0;
    int32_t sum_1;
    int32_t sum_2;
    int32_t sum_3;
};

static inline __attribute__((always_inline)) struct sums_4
add_run(struct sums_4 sums, const int8_t *pixel, int32_t pixel_step, const int8_t *tap,
        int32_t tap_step, int32_t count, int16x2_t offsets)
{
    for (int32_t k = 0; k < count; k++) {
        const int8x4_t p = load_q7x4(pixel);
        const int8x4_t w = load_q7x4(tap);
        pixel += pixel_step;
        tap += tap_step;
        const int16x2_t even = add_even_bytes(offsets, p);
        const int16x2_t even_w = even_bytes(w);
        const int16x2_t odd = add_odd_bytes(offsets, p);
        sums.sum_0 = __smlabb(even, even_w, sums.sum_0);
        const int16x2_t odd_w = odd_bytes(w);
        sums.sum_2 = __smlatt(even, even_w, sums.sum_2);
        sums.sum_1 = __smlabb(odd, odd_w, sums.sum_1);
        sums.sum_3 = __smlatt(odd, odd_w, sums.sum_3);
    }
    return sums;
}

/** Channels c to c + 3 of the sum of (pixel + offset) * tap. */
static inline struct sums_4 add_window(struct sums_4 sums, const struct window_taps *window,
                                       int32_t c, int16x2_t offsets)
{
    const int8_t *pixel = window->pixel + c;
    const int8_t *tap = window->tap + c;
    const int32_t pixel_step = window->pixel_step;
    const int32_t tap_step = window->tap_step;
    for (int32_t row = window->rows; row > 0; row--) {
        if (window->count == 3) { /* unrolls */
            sums = add_run(sums, pixel, pixel_step, tap, tap_step, 3, offsets);
        } else {
            sums = add_run(sums, pixel, pixel_step, tap, tap_step, window->count, offsets);
        }
        pixel += window->pixel_row_step;
        tap += window->tap_row_step;
    }
    return sums;
}

/** The same of a single channel. */
static inline int32_t add_window_of_1(int32_t sum, const struct window_taps *window, int32_t c,
                                      int32_t offset)
{
    for (int32_t row = 0; row < window->rows; row++) {
        const int8_t *pixel = window->pixel + c + row * window->pixel_row_step;
        const int8_t *tap = window->tap + c + row * window->tap_row_step;
        for (int32_t k = 0; k < window->count; k++) {
            sum = __smlabb(*pixel + offset, *tap, sum);
            pixel += window->pixel_step;
            tap += window->tap_step;
        }
    }
    return sum;
}

#endif
