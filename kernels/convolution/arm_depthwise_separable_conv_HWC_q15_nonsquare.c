#include "internal/fixed_point.h"
#include "internal/simd.h"
#include "internal/window.h"

/** The taps of a window that lie inside the image: `rows` runs of `count`, and their pixels. */
struct window_taps {
    const q15_t *pixel;
    const q15_t *tap;
    int32_t rows;
    int32_t count;
    int32_t channels;
    int32_t pixel_row_step;
    int32_t tap_row_step;
};

/** Sums of four channels. */
struct sums_4 {
    int32_t sum_0;
    int32_t sum_1;
    int32_t sum_2;
    int32_t sum_3;
};

/* clang-format off */
/* One tap: p and w hold two pixels and two taps, those behind them go to t and u. `advance` leads to
 * the next tap, `load` gets its p and w. */
#define TAP(advance, load) \
    "ldr     %[t], [%[pixel], #4]\n" \
    "ldr     %[u], [%[tap], #4]\n" \
    advance \
    "smlabb  %[sum_0], %[p], %[w], %[sum_0]\n" \
    "smlatt  %[sum_1], %[p], %[w], %[sum_1]\n" \
    load \
    "smlabb  %[sum_2], %[t], %[u], %[sum_2]\n" \
    "smlatt  %[sum_3], %[t], %[u], %[sum_3]\n"
#define LOAD "ldr %[p], [%[pixel]]\n ldr %[w], [%[tap]]\n"
#define TO_NEXT "add %[pixel], %[step]\n add %[tap], %[step]\n"
#define TO_ROW(row) "ldr %[pixel], %[pixel_" row "]\n ldr %[tap], %[tap_" row "]\n"
/* clang-format on */

/** The sums of a 3 x 3 window that lies inside the image. */
static inline struct sums_4 add_9_taps(struct sums_4 sums, const struct window_taps *window,
                                       int32_t c)
{
    const q15_t *pixel = window->pixel + c;
    const q15_t *tap = window->tap + c;
    const q15_t *const pixel_1 = pixel + window->pixel_row_step;
    const q15_t *const pixel_2 = pixel_1 + window->pixel_row_step;
    const q15_t *const tap_1 = tap + window->tap_row_step;
    const q15_t *const tap_2 = tap_1 + window->tap_row_step;
    int32_t p, w, t, u;
    /* clang-format off */
    __asm__(LOAD
            TAP(TO_NEXT, LOAD) TAP(TO_NEXT, LOAD) TAP(TO_ROW("1"), LOAD)
            TAP(TO_NEXT, LOAD) TAP(TO_NEXT, LOAD) TAP(TO_ROW("2"), LOAD)
            TAP(TO_NEXT, LOAD) TAP(TO_NEXT, LOAD) TAP("", "")
            /* clang-format on */
            : [sum_0] "+r"(sums.sum_0), [sum_1] "+r"(sums.sum_1), [sum_2] "+r"(sums.sum_2),
              [sum_3] "+r"(sums.sum_3), [pixel] "+r"(pixel), [tap] "+r"(tap), [p] "=&r"(p),
              [w] "=&r"(w), [t] "=&r"(t), [u] "=&r"(u)
            : [step] "r"(2 * window->channels), [pixel_1] "m"(pixel_1), [pixel_2] "m"(pixel_2),
              [tap_1] "m"(tap_1), [tap_2] "m"(tap_2)
            : "memory");
    return sums;
}

#undef TAP
#undef LOAD
#undef TO_NEXT
#undef TO_ROW

static inline __attribute__((always_inline)) struct sums_4
add_run(struct sums_4 sums, const q15_t *pixel, const q15_t *tap, int32_t channels, int32_t count)
{
    for (int32_t k = 0; k < count; k++) {
        const int16x2_t p01 = load_q15x2(pixel);
        const int16x2_t w01 = load_q15x2(tap);
        const int16x2_t p23 = load_q15x2(pixel + 2);
        const int16x2_t w23 = load_q15x2(tap + 2);
        pixel += channels;
        tap += channels;
        sums.sum_0 = __smlabb(p01, w01, sums.sum_0);
        sums.sum_1 = __smlatt(p01, w01, sums.sum_1);
        sums.sum_2 = __smlabb(p23, w23, sums.sum_2);
        sums.sum_3 = __smlatt(p23, w23, sums.sum_3);
    }
    return sums;
}

/** Add channels c to c + 3 of the products. */
static inline struct sums_4 add_window(struct sums_4 sums, const struct window_taps *window,
                                       int32_t c)
{
    if (window->rows == 3 && window->count == 3) {
        return add_9_taps(sums, window, c);
    }
    const q15_t *pixel = window->pixel + c;
    const q15_t *tap = window->tap + c;
    for (int32_t row = window->rows; row > 0; row--) {
        sums = add_run(sums, pixel, tap, window->channels, window->count);
        pixel += window->pixel_row_step;
        tap += window->tap_row_step;
    }
    return sums;
}

/** The same of a single channel. */
static inline int32_t add_window_of_1(int32_t sum, const struct window_taps *window, int32_t c)
{
    for (int32_t row = 0; row < window->rows; row++) {
        const q15_t *pixel = window->pixel + c + row * window->pixel_row_step;
        const q15_t *tap = window->tap + c + row * window->tap_row_step;
        for (int32_t k = 0; k < window->count; k++) {
            sum = __smlabb(*pixel, *tap, sum);
            pixel += window->channels;
            tap += window->channels;
        }
    }
    return sum;
}

arm_status arm_depthwise_separable_conv_HWC_q15_nonsquare(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *unused_column_buffer, q7_t *unused_buffer)
{
    (void)unused_column_buffer;
    (void)unused_buffer;
    if (input_channels != output_channels) {
        return ARM_MATH_SIZE_MISMATCH;
    }
    const int32_t channels = input_channels;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            /* Taps outside the image are skipped, so nothing is copied and no zero multiplied. */
            const struct window_taps window = {
                .pixel = input + ((top + taps_y.first) * input_x + left + taps_x.first) * channels,
                .tap = weights + (taps_y.first * kernel_x + taps_x.first) * channels,
                .rows = taps_y.end - taps_y.first,
                .count = taps_x.end - taps_x.first,
                .channels = channels,
                .pixel_row_step = input_x * channels,
                .tap_row_step = kernel_x * channels,
            };
            int32_t c = 0;
            for (; c + 4 <= channels; c += 4) {
                struct sums_4 sums = {
                    first_sum(bias[c], bias_shift, out_shift),
                    first_sum(bias[c + 1], bias_shift, out_shift),
                    first_sum(bias[c + 2], bias_shift, out_shift),
                    first_sum(bias[c + 3], bias_shift, out_shift),
                };
                sums = add_window(sums, &window, c);
                *output++ = ssat_q15(sums.sum_0 >> out_shift);
                *output++ = ssat_q15(sums.sum_1 >> out_shift);
                *output++ = ssat_q15(sums.sum_2 >> out_shift);
                *output++ = ssat_q15(sums.sum_3 >> out_shift);
            }
            for (; c < channels; c++) {
                const int32_t start = first_sum(bias[c], bias_shift, out_shift);
                *output++ = ssat_q15(add_window_of_1(start, &window, c) >> out_shift);
            }
        }
    }
    return ARM_MATH_SUCCESS;
}
