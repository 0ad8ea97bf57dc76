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

/* clang-format off */
/* One tap: p and w hold a word of pixels and one of taps, t and u are free. `advance` leads to the
 * next two words, `load` gets them. In this order two instructions issue a cycle on a core that
 * can, and loads stand together for one that cannot. */
#define TAP(p, w, t, u, advance, load) \
    "sxtab16 %[" t "], %[offsets], %[" p "]\n" \
    advance \
    "sxtb16  %[" u "], %[" w "]\n" \
    "sxtab16 %[" p "], %[offsets], %[" p "], ror #8\n" \
    "smlabb  %[sum_0], %[" t "], %[" u "], %[sum_0]\n" \
    "sxtb16  %[" w "], %[" w "], ror #8\n" \
    "smlatt  %[sum_2], %[" t "], %[" u "], %[sum_2]\n" \
    "smlabb  %[sum_1], %[" p "], %[" w "], %[sum_1]\n" \
    load \
    "smlatt  %[sum_3], %[" p "], %[" w "], %[sum_3]\n"
#define LOAD(p, w) "ldr %[" p "], [%[pixel]]\n ldr %[" w "], [%[tap]]\n"
#define PW_TAP(advance) TAP("p", "w", "t", "u", advance, LOAD("t", "u"))
#define TU_TAP(advance) TAP("t", "u", "p", "w", advance, LOAD("p", "w"))
#define TO_NEXT "add %[pixel], %[pixel_step]\n add %[tap], %[tap_step]\n"
#define TO_ROW(row) "ldr %[pixel], %[pixel_" row "]\n ldr %[tap], %[tap_" row "]\n"
/* clang-format on */

/** The sums of a 3 x 3 window that lies inside the image. */
static inline struct sums_4 add_9_taps(struct sums_4 sums, const struct window_taps *window,
                                       int32_t c, int16x2_t offsets)
{
    const int8_t *pixel = window->pixel + c;
    const int8_t *tap = window->tap + c;
    const int8_t *const pixel_1 = pixel + window->pixel_row_step;
    const int8_t *const pixel_2 = pixel_1 + window->pixel_row_step;
    const int8_t *const tap_1 = tap + window->tap_row_step;
    const int8_t *const tap_2 = tap_1 + window->tap_row_step;
    int32_t p, w, t, u;
    /* clang-format off */
    __asm__(LOAD("p", "w")
            PW_TAP(TO_NEXT) TU_TAP(TO_NEXT) PW_TAP(TO_ROW("1"))
            TU_TAP(TO_NEXT) PW_TAP(TO_NEXT) TU_TAP(TO_ROW("2"))
            PW_TAP(TO_NEXT) TU_TAP(TO_NEXT) TAP("p", "w", "t", "u", "", "")
            /* clang-format on */
            : [sum_0] "+r"(sums.sum_0), [sum_1] "+r"(sums.sum_1), [sum_2] "+r"(sums.sum_2),
              [sum_3] "+r"(sums.sum_3), [pixel] "+r"(pixel), [tap] "+r"(tap), [p] "=&r"(p),
              [w] "=&r"(w), [t] "=&r"(t), [u] "=&r"(u)
            : [offsets] "r"(offsets), [pixel_step] "r"(window->pixel_step),
              [tap_step] "r"(window->tap_step), [pixel_1] "m"(pixel_1), [pixel_2] "m"(pixel_2),
              [tap_1] "m"(tap_1), [tap_2] "m"(tap_2)
            : "memory");
    return sums;
}

#undef TAP
#undef LOAD
#undef PW_TAP
#undef TU_TAP
#undef TO_NEXT
#undef TO_ROW

/** Channels c to c + 3 of the sum of (pixel + offset) * tap. */
static inline struct sums_4 add_window(struct sums_4 sums, const struct window_taps *window,
                                       int32_t c, int16x2_t offsets)
{
    if (window->rows == 3 && window->count == 3) {
        return add_9_taps(sums, window, c, offsets);
    }
    const int8_t *pixel = window->pixel + c;
    const int8_t *tap = window->tap + c;
    for (int32_t row = window->rows; row > 0; row--) {
        sums =
            add_run(sums, pixel, window->pixel_step, tap, window->tap_step, window->count, offsets);
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
