#include "internal/fixed_point.h"
#include "internal/maximum.h"
#include "internal/window.h"

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims,
                                    const cmsis_nn_dims *output_dims, int8_t *output)
{
    (void)ctx;
    if (input_dims->n < 1) {
        return ARM_CMSIS_NN_ARG_ERROR;
    }
    const int32_t channels = input_dims->c;
    const int8x4_t lowest = four_bytes(params->activation.min);
    const int8x4_t highest = four_bytes(params->activation.max);
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
                int32_t c = 0;
                for (; c + 4 <= channels; c += 4, output += 4) {
                    const int8x4_t maximum = maximum_of_4(pixel + c, box);
                    store_q7x4(output, min_q7x4(max_q7x4(maximum, lowest), highest));
                }
                for (; c < channels; c++) {
                    *output++ = (int8_t)clamp(maximum_of_1(pixel + c, box), params->activation.min,
                                              params->activation.max);
                }
            }
        }
        input += input_dims->h * input_dims->w * channels;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
