/**
 * The s8 functions of CMSIS-NN 7.0.0: TensorFlow Lite's int8 arithmetic.
 *
 * A real value is scale * (q - zero point). input_offset is minus the input's zero point, -127 to
 * 128; output_offset is the output's zero point, -128 to 127. Weights have zero point 0.
 *
 *     sum = bias + (input + input_offset) * weight + ...           (modulo 2^32)
 *     output = clamp(requantise(sum, multiplier, shift) + output_offset, activation)
 *
 * Pixels outside the image count as zero, that is, as the input's zero point.
 *
 * requantise(sum, multiplier, shift), in TensorFlow Lite's two roundings, with left = max(shift, 0)
 * and right = max(-shift, 0):
 *
 *     product = (sum * 2^left modulo 2^32) * multiplier
 *     result = round(floor(product / 2^31 + 1/2) / 2^right), halves away from zero
 *
 * multiplier is 0 to 2^31 - 1, shift -31 to 30.
 *
 * Tensors are NHWC. A bias may be NULL, which counts as zero; bias_dims is not looked at. The
 * activation's range lies within -128 to 127, with min <= max. All arrays of int32_t and int16_t
 * are aligned; ctx->buf to 4 bytes.
 */
#ifndef ARM_NNFUNCTIONS_S8_H
#define ARM_NNFUNCTIONS_S8_H

#include "arm_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Convolution ---- */

/**
 * Convolve.
 *
 * filter: [output channels][h][w][c]; with filter_dims->c below input_dims->c a grouped convolution
 * of input_dims->c / filter_dims->c groups.
 * ctx->buf: arm_convolve_s8_get_buffer_size bytes.
 * upscale_dims: NULL; no other is implemented.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, if ctx->buf is NULL or the channels do
 * not divide evenly, ARM_CMSIS_NN_NO_IMPL_ERROR if upscale_dims is not NULL.
 */
arm_cmsis_nn_status arm_convolve_s8(const cmsis_nn_context *ctx, const cmsis_nn_conv_params *params,
                                    const cmsis_nn_per_channel_quant_params *quant,
                                    const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                    const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                    const cmsis_nn_dims *upscale_dims,
                                    const cmsis_nn_dims *output_dims, int8_t *output);

/** Convolve, with whichever of the functions below suits best. */
arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *ctx,
                                            const cmsis_nn_conv_params *params,
                                            const cmsis_nn_per_channel_quant_params *quant,
                                            const cmsis_nn_dims *input_dims, const int8_t *input,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                            const cmsis_nn_dims *output_dims, int8_t *output);

/**
 * Convolve with a 1 x 1 filter without padding.
 *
 * ctx->buf: arm_convolve_1x1_s8_fast_get_buffer_size bytes, or NULL, which is slower.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, if there is padding.
 */
__typeof__(arm_convolve_wrapper_s8) arm_convolve_1x1_s8;

/** arm_convolve_1x1_s8 where strides are 1 too; ARM_CMSIS_NN_ARG_ERROR where not. */
__typeof__(arm_convolve_wrapper_s8) arm_convolve_1x1_s8_fast;

/**
 * Convolve an image of one row.
 *
 * ctx->buf: arm_convolve_1_x_n_s8_get_buffer_size bytes.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, unless input_dims->h and dilation.w
 * are 1, ctx->buf is not NULL, and stride.w times the input's channels is a positive multiple of 4.
 */
__typeof__(arm_convolve_wrapper_s8) arm_convolve_1_x_n_s8;

/* Bytes of ctx->buf. The names with _dsp are the same, as they are on any core. */
int32_t arm_convolve_s8_get_buffer_size(const cmsis_nn_dims *input_dims,
                                        const cmsis_nn_dims *filter_dims);
int32_t arm_convolve_1x1_s8_fast_get_buffer_size(const cmsis_nn_dims *input_dims);
int32_t arm_convolve_1_x_n_s8_get_buffer_size(const cmsis_nn_conv_params *params,
                                              const cmsis_nn_dims *input_dims,
                                              const cmsis_nn_dims *filter_dims,
                                              const cmsis_nn_dims *output_dims);
int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *params,
                                                const cmsis_nn_dims *input_dims,
                                                const cmsis_nn_dims *filter_dims,
                                                const cmsis_nn_dims *output_dims);
__typeof__(arm_convolve_wrapper_s8_get_buffer_size) arm_convolve_wrapper_s8_get_buffer_size_dsp;

/* ---- Depthwise convolution ---- */

/**
 * Convolve each channel with params->ch_mult kernels of its own.
 *
 * filter: [h][w][output channels]; output channel = input channel * ch_mult + kernel.
 * ctx: not looked at.
 * Returns ARM_CMSIS_NN_SUCCESS.
 */
arm_cmsis_nn_status arm_depthwise_conv_s8(const cmsis_nn_context *ctx,
                                          const cmsis_nn_dw_conv_params *params,
                                          const cmsis_nn_per_channel_quant_params *quant,
                                          const cmsis_nn_dims *input_dims, const int8_t *input,
                                          const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                          const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                          const cmsis_nn_dims *output_dims, int8_t *output);

/**
 * arm_depthwise_conv_s8 of one batch with ch_mult and dilation 1.
 *
 * ctx->buf: arm_depthwise_conv_s8_opt_get_buffer_size bytes; not used.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, if ctx->buf is NULL or the numbers of
 * channels differ.
 */
__typeof__(arm_depthwise_conv_s8) arm_depthwise_conv_s8_opt;

/**
 * arm_depthwise_conv_s8 of one batch with ch_mult and dilation 1, a 3 x 3 filter and padding.w of
 * at most 1; ARM_CMSIS_NN_ARG_ERROR where filter, padding.w or channels are others.
 */
__typeof__(arm_depthwise_conv_s8) arm_depthwise_conv_3x3_s8;

/** Whichever of these suits best. */
__typeof__(arm_depthwise_conv_s8) arm_depthwise_conv_wrapper_s8;

int32_t arm_depthwise_conv_s8_opt_get_buffer_size(const cmsis_nn_dims *input_dims,
                                                  const cmsis_nn_dims *filter_dims);
__typeof__(arm_depthwise_conv_s8_opt_get_buffer_size) arm_depthwise_conv_s8_opt_get_buffer_size_dsp;
int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params,
                                                      const cmsis_nn_dims *input_dims,
                                                      const cmsis_nn_dims *filter_dims,
                                                      const cmsis_nn_dims *output_dims);
__typeof__(arm_depthwise_conv_wrapper_s8_get_buffer_size)
    arm_depthwise_conv_wrapper_s8_get_buffer_size_dsp;

/* ---- Fully connected ---- */

/**
 * Multiply a matrix by input_dims->n vectors of filter_dims->n values.
 *
 * filter: [output_dims->c][filter_dims->n]; params->filter_offset, usually 0, is added to weights.
 * ctx: not looked at.
 * Returns ARM_CMSIS_NN_SUCCESS.
 */
arm_cmsis_nn_status arm_fully_connected_s8(const cmsis_nn_context *ctx,
                                           const cmsis_nn_fc_params *params,
                                           const cmsis_nn_per_tensor_quant_params *quant,
                                           const cmsis_nn_dims *input_dims, const int8_t *input,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                           const cmsis_nn_dims *output_dims, int8_t *output);

/** arm_fully_connected_s8 with a scale for each output. */
arm_cmsis_nn_status
arm_fully_connected_per_channel_s8(const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
                                   const cmsis_nn_per_channel_quant_params *quant,
                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                   const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                   const cmsis_nn_dims *output_dims, int8_t *output);

/** Whichever of these quant->is_per_channel says. */
arm_cmsis_nn_status arm_fully_connected_wrapper_s8(
    const cmsis_nn_context *ctx, const cmsis_nn_fc_params *params,
    const cmsis_nn_quant_params *quant, const cmsis_nn_dims *input_dims, const int8_t *input,
    const cmsis_nn_dims *filter_dims, const int8_t *filter, const cmsis_nn_dims *bias_dims,
    const int32_t *bias, const cmsis_nn_dims *output_dims, int8_t *output);

/** Zero: no scratch memory is needed. */
int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter_dims);
__typeof__(arm_fully_connected_s8_get_buffer_size) arm_fully_connected_s8_get_buffer_size_dsp;

/* ---- Pooling ---- */

/**
 * Average each channel in each window, rounded, halves away from zero; pixels outside the image do
 * not count.
 *
 * Each window holds 1 to 2^24 pixels of the image.
 * ctx->buf: arm_avgpool_s8_get_buffer_size bytes; not used.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, if ctx->buf is NULL or there is no
 * batch.
 */
arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *ctx, const cmsis_nn_pool_params *params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims,
                                   const cmsis_nn_dims *output_dims, int8_t *output);

/**
 * Take the maximum of each channel in each window.
 *
 * Each window holds at least one pixel of the image.
 * ctx: not looked at.
 * Returns ARM_CMSIS_NN_ARG_ERROR, with the output untouched, if there is no batch.
 */
__typeof__(arm_avgpool_s8) arm_max_pool_s8;

int32_t arm_avgpool_s8_get_buffer_size(int output_x, int channels);
__typeof__(arm_avgpool_s8_get_buffer_size) arm_avgpool_s8_get_buffer_size_dsp;

/* ---- Element by element ---- */

/**
 * output = clamp(requantise(a + b, out) + out_offset), where a and b are the inputs, each with its
 * offset added, times 2^left_shift, and requantised.
 *
 * Input offsets are -127 to 128, left_shift 0 to 20.
 */
arm_cmsis_nn_status
arm_elementwise_add_s8(const int8_t *input_1, const int8_t *input_2, int32_t input_1_offset,
                       int32_t input_1_mult, int32_t input_1_shift, int32_t input_2_offset,
                       int32_t input_2_mult, int32_t input_2_shift, int32_t left_shift,
                       int8_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                       int32_t out_activation_min, int32_t out_activation_max, int32_t size);

/** output = clamp(requantise(a * b, out) + out_offset), a and b the inputs plus their offsets. */
arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *input_1, const int8_t *input_2,
                                           int32_t input_1_offset, int32_t input_2_offset,
                                           int8_t *output, int32_t out_offset, int32_t out_mult,
                                           int32_t out_shift, int32_t out_activation_min,
                                           int32_t out_activation_max, int32_t size);

/** arm_elementwise_add_s8 for int16_t; the offsets are not looked at, left_shift is 0 to 15. */
arm_cmsis_nn_status
arm_elementwise_add_s16(const int16_t *input_1, const int16_t *input_2, int32_t input_1_offset,
                        int32_t input_1_mult, int32_t input_1_shift, int32_t input_2_offset,
                        int32_t input_2_mult, int32_t input_2_shift, int32_t left_shift,
                        int16_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                        int32_t out_activation_min, int32_t out_activation_max, int32_t size);

/** arm_elementwise_mul_s8 for int16_t; the offsets are not looked at. */
arm_cmsis_nn_status arm_elementwise_mul_s16(const int16_t *input_1, const int16_t *input_2,
                                            int32_t input_1_offset, int32_t input_2_offset,
                                            int16_t *output, int32_t out_offset, int32_t out_mult,
                                            int32_t out_shift, int32_t out_activation_min,
                                            int32_t out_activation_max, int32_t size);

/** Clamp to 0 to 6. */
void arm_relu6_s8(int8_t *data, uint16_t size);

/* ---- Softmax ---- */

/**
 * Turn each row of scores into shares, scale 1/256, zero point -128.
 *
 * A score's exponent is its distance below the row's maximum times mult * 2^shift / 2^31, in Q5.26;
 * scores more than -diff_min below count as zero. mult, shift (0 to 30) and diff_min (below 0) are
 * those that TensorFlow Lite makes of the scale: -diff_min * 2^shift fits 32 bits.
 * row_size: 1 to 511.
 */
void arm_softmax_s8(const int8_t *input, int32_t rows, int32_t row_size, int32_t mult,
                    int32_t shift, int32_t diff_min, int8_t *output);

/* ---- Recurrent networks ---- */

/**
 * Logistic function or hyperbolic tangent, Q0.15, of input * 2^left_shift in Q3.12, by table.
 *
 * left_shift: -15 to 14, and 3 * input * 2^left_shift fits 31 bits.
 * Input and output may be the same.
 * Returns ARM_CMSIS_NN_SUCCESS.
 */
arm_cmsis_nn_status arm_nn_activation_s16(const int16_t *input, int16_t *output, int32_t size,
                                          int32_t left_shift, arm_nn_activation_type type);

/**
 * Run an LSTM over a sequence, from a state of zero.
 *
 * input: [time][batch][input_size] if params->time_major, else [batch][time][input_size].
 * output: the hidden states, in the same order, hidden_size each.
 * Gates: int8_t weights [hidden_size][input_size] and [hidden_size][hidden_size], int32_t effective
 * biases that hold what the offsets add. In the first step there is no hidden state, and its bias
 * does not count either. gate.bias is not looked at.
 * buffers: batch_size * hidden_size int16_t each; cell_state is that of the last step afterwards,
 * with 15 + cell_scale_power fractional bits (cell_scale_power is negative).
 * Returns ARM_CMSIS_NN_SUCCESS.
 */
arm_cmsis_nn_status arm_lstm_unidirectional_s8(const int8_t *input, int8_t *output,
                                               const cmsis_nn_lstm_params *params,
                                               cmsis_nn_lstm_context *buffers);

#ifdef __cplusplus
}
#endif

#endif
