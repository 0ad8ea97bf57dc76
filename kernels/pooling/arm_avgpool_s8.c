#include <stddef.h>

#include "internal/average.h"
#include "internal/box.h"
#include "internal/fixed_point.h"
#include "internal/window.h"

/** So many bytes of either sign, and half as much again as one, add up in 16 bits. */
enum { MOST_IN_16_BITS = 255 };

/** What to divide a window's sums by, and what to clamp the quotients to. */
struct division {
    int32_t count;
    int32_t half;
    int32_t by_reciprocal; /* for a count that is not too large for it */
    cmsis_nn_activation activation;
};

static inline int32_t rounded_half(int32_t sum, const struct division *division)
{
    return sum > 0 ? sum + division->half : sum - division->half;
}

/** The quotient of a sum of 16 bits. */
static inline int32_t quotient(int32_t sum, const struct division *division)
{
    const int32_t average = cut(mul_low_half(division->by_reciprocal, rounded_half(sum, division)));
    return clamp(average, division->activation.min, division->activation.max);
}

static inline int8x4_t average_of_4(const int8_t *source, struct box box,
                                    const struct division *division)
{
    int16x2_t even = 0;
    int16x2_t odd = 0;
    for (int32_t row = 0; row < box.rows; row++) {
        const int8_t *pixel = source + row * box.row_step;
        for (int32_t count = box.count; count > 0; count--, pixel += box.step) {
            const int8x4_t word = load_q7x4(pixel);
            even = add_even_bytes(even, word);
            odd = add_odd_bytes(odd, word);
        }
    }
    return pack_q7x4(quotient((int16_t)even, division), quotient((int16_t)odd, division),
                     quotient(even >> 16, division), quotient(odd >> 16, division));
}

static inline int8_t average_of_1(const int8_t *source, struct box box,
                                  const struct division *division)
{
    int32_t sum = 0;
    for (int32_t row = 0; row < box.rows; row++) {
        const int8_t *pixel = source + row * box.row_step;
        for (int32_t count = box.count; count > 0; count--, pixel += box.step) {
            sum += *pixel;
        }
    }
    const int32_t average = rounded_half(sum, division) / division->count;
    return (int8_t)clamp(average, division->activation.min, division->activation.max);
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims,
                                   const cmsis_nn_dims *output_dims, int8_t *output)
{
    if (ctx->buf == NULL || input_dims->n < 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t channels = input_dims->c;
    for (int32_t batch = 0; batch < input_dims->n; batch++) {
        for (int32_t y = 0; y < output_dims->h; y++) {
            const int32_t top = y * params->stride.h - params->padding.h;
            const struct taps taps_y = taps_inside(top, filter_dims->h, input_dims->h);
            for (int32_t x = 0; x < output_dims->w; x++) {
                const int32_t left = x * params->stride.w - params->padding.w;
                const struct taps taps_x = taps_inside(left, filter_dims->w, input_dims->w);
                const struct box box = {channels, taps_x.end - taps_x.first,
                                        input_dims->w * channels, taps_y.end - taps_y.first};
                const int8_t *const pixel =
                    input + ((top + taps_y.first) * input_dims->w + left + taps_x.first) * channels;
                const int32_t count = box.count * box.rows;
                const struct division division = {count, count / 2, reciprocal(count),
                                                  params->activation};
                int32_t c = 0;
                for (; count <= MOST_IN_16_BITS && c + 4 <= channels; c += 4, output += 4) {
                    store_q7x4(output, average_of_4(pixel + c, box, &division));
                }
                for (; c < channels; c++) {
                    *output++ = average_of_1(pixel + c, box, &division);
                }
            }
        }
        input += input_dims->h * input_dims->w * channels;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
