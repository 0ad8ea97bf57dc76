#include <stddef.h>

#include "internal/fixed_point.h"
#include "internal/window.h"

arm_cmsis_nn_status arm_avgpool_s8_portable(const cmsis_nn_context *ctx,
                                            const cmsis_nn_pool_params *params,
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
                const int32_t count = (taps_y.end - taps_y.first) * (taps_x.end - taps_x.first);
                for (int32_t c = 0; c < channels; c++) {
                    int32_t sum = 0;
                    for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
                        for (int32_t kx = taps_x.first; kx < taps_x.end; kx++) {
                            const int32_t value =
                                input[((top + ky) * input_dims->w + left + kx) * channels + c];
                            sum += value;
                        }
                    }
                    const int32_t average = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                    *output++ =
                        (int8_t)clamp(average, params->activation.min, params->activation.max);
                }
            }
        }
        input += input_dims->h * input_dims->w * channels;
    }
    return ARM_CMSIS_NN_SUCCESS;
}
