#include "internal/requantize_dsp.h"
#include "internal/simd.h"

/** What makes a summand of an input. */
struct scaling {
    int32_t offset;
    int32_t left_shift;
    int32_t multiplier;
    int32_t shift;
};

static inline int32_t summand(int32_t value, struct scaling scaling)
{
    const int32_t shifted = (value + scaling.offset) * (1 << scaling.left_shift);
    return requantize_dsp(shifted, scaling.multiplier, scaling.shift);
}

arm_cmsis_nn_status
arm_elementwise_add_s8(const int8_t *input_1, const int8_t *input_2, int32_t input_1_offset,
                       int32_t input_1_mult, int32_t input_1_shift, int32_t input_2_offset,
                       int32_t input_2_mult, int32_t input_2_shift, int32_t left_shift,
                       int8_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                       int32_t out_activation_min, int32_t out_activation_max, int32_t size)
{
    const struct output_range range = {out_offset, out_activation_min, out_activation_max};
    const struct scaling scaling_1 = {input_1_offset, left_shift, input_1_mult, input_1_shift};
    const struct scaling scaling_2 = {input_2_offset, left_shift, input_2_mult, input_2_shift};
    const int8_t *const end = input_1 + size;
    while (input_1 != end) {
        const int32_t sum =
            wrapping_add(summand(*input_1++, scaling_1), summand(*input_2++, scaling_2));
        *output++ = output_s8_dsp(sum, out_mult, out_shift, range);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
