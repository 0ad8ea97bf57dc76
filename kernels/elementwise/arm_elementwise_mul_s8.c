#include "internal/requantize_dsp.h"
#include "internal/simd.h"

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1, const int8_t *input_2,
                                           int32_t input_1_offset, int32_t input_2_offset,
                                           int8_t *output, int32_t out_offset, int32_t out_mult,
                                           int32_t out_shift, int32_t out_activation_min,
                                           int32_t out_activation_max, int32_t size)
{
    const struct output_range range = {out_offset, out_activation_min, out_activation_max};
    const int16x2_t offsets_1 = low_halves(input_1_offset, input_1_offset);
    const int16x2_t offsets_2 = low_halves(input_2_offset, input_2_offset);
    const int8_t *const end = input_1 + size;
    for (const int8_t *const full = input_1 + (size & ~3); input_1 != full;
         input_1 += 4, input_2 += 4, output += 4) {
        const int8x4_t word_1 = load_q7x4(input_1);
        const int8x4_t word_2 = load_q7x4(input_2);
        const int16x2_t even_1 = add_even_bytes(offsets_1, word_1);
        const int16x2_t even_2 = add_even_bytes(offsets_2, word_2);
        const int16x2_t odd_1 = add_odd_bytes(offsets_1, word_1);
        const int16x2_t odd_2 = add_odd_bytes(offsets_2, word_2);
        const int32_t byte_0 =
            output_s8_dsp(__smlabb(even_1, even_2, 0), out_mult, out_shift, range);
        const int32_t byte_1 = output_s8_dsp(__smlabb(odd_1, odd_2, 0), out_mult, out_shift, range);
        const int32_t byte_2 =
            output_s8_dsp(__smlatt(even_1, even_2, 0), out_mult, out_shift, range);
        const int32_t byte_3 = output_s8_dsp(__smlatt(odd_1, odd_2, 0), out_mult, out_shift, range);
        store_q7x4(output, pack_q7x4(byte_0, byte_1, byte_2, byte_3));
    }
    while (input_1 != end) {
        const int32_t product = (*input_1++ + input_1_offset) * (*input_2++ + input_2_offset);
        *output++ = output_s8_dsp(product, out_mult, out_shift, range);
    }
    return ARM_CMSIS_NN_SUCCESS;
}
