#include "internal/fixed_point.h"
#include "internal/simd.h"
#include "internal/window.h"

static inline int32_t low_half(int16x2_t pair)
{
    return (int16_t)pair;
}

static inline int32_t high_half(int16x2_t pair)
{
    return pair >> 16;
}

static inline q15_t average(int32_t sum, uint16_t out_lshift, int32_t count)
{
    return ssat_q15(sum * (1 << out_lshift) / count);
}

void arm_avepool_q15_HWC_nonsquare(const q15_t *input, uint16_t input_x, uint16_t input_y,
                                   uint16_t channels, uint16_t kernel_x, uint16_t kernel_y,
                                   uint16_t padding_x, uint16_t padding_y, uint16_t stride_x,
                                   uint16_t stride_y, uint16_t output_x, uint16_t output_y,
                                   q7_t *unused_buffer, q15_t *output, uint16_t out_lshift)
{
    (void)unused_buffer;
    for (int32_t y = 0; y < output_y; y++) {
        const int32_t top = y * stride_y - padding_y;
        const struct taps taps_y = taps_inside(top, kernel_y, input_y);
        for (int32_t x = 0; x < output_x; x++) {
            const int32_t left = x * stride_x - padding_x;
            const struct taps taps_x = taps_inside(left, kernel_x, input_x);
            const int32_t count = (taps_y.end - taps_y.first) * (taps_x.end - taps_x.first);
            const q15_t *const first_pixel =
                input + ((top + taps_y.first) * input_x + left + taps_x.first) * channels;
            const int32_t run = (taps_x.end - taps_x.first) * channels;
            int32_t c = 0;
            for (; c < (channels & ~3); c += 4) {
                const q15_t *row = first_pixel + c;
                int32_t sum_0 = 0;
                int32_t sum_1 = 0;
                int32_t sum_2 = 0;
                int32_t sum_3 = 0;
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    const q15_t *const end = row + run;
                    for (const q15_t *pixel = row; pixel != end; pixel += channels) {
                        const int16x2_t first = load_q15x2(pixel);
                        const int16x2_t second = load_q15x2(pixel + 2);
                        sum_0 += low_half(first);
                        sum_1 += high_half(first);
                        sum_2 += low_half(second);
                        sum_3 += high_half(second);
                    }
                    row += input_x * channels;
                }
                *output++ = average(sum_0, out_lshift, count);
                *output++ = average(sum_1, out_lshift, count);
                *output++ = average(sum_2, out_lshift, count);
                *output++ = average(sum_3, out_lshift, count);
            }
            for (; c < channels; c++) {
                const q15_t *row = first_pixel + c;
                int32_t sum = 0;
                for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                    for (int32_t i = 0; i < run; i += channels) {
                        sum += row[i];
                    }
                    row += input_x * channels;
                }
                *output++ = average(sum, out_lshift, count);
            }
        }
    }
}
