/**
 * The q7 and q15 functions of CMSIS-NN 5.9.0, and three of ours, named after their q7 siblings:
 * arm_convolve_HWC_q15_basic_nonsquare, arm_depthwise_separable_conv_HWC_q15_nonsquare and
 * arm_avepool_q15_HWC_nonsquare.
 *
 * A q7 value is an int8_t, a q15 value an int16_t, with an agreed number of fractional bits. All
 * products are summed in 32 bits,
 *
 *     sum = bias * 2^bias_shift + round + (input * weight + ...),  round = 2^out_shift / 2
 *     output = saturate(sum >> out_shift)                          (arithmetic shift)
 *
 * and the sum wraps beyond 32 bits: the caller sees to it that it does not, with products of up to
 * 2^14 (q7), 2^22 (q7 by q15) or 2^30 (q15). bias_shift is 0 to 23, for q15 biases 0 to 15;
 * out_shift is 0 to 30. Pixels outside the image count as zero.
 */
#ifndef ARM_NNFUNCTIONS_Q_H
#define ARM_NNFUNCTIONS_Q_H

#include "arm_nn_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Convolution ---- */

/**
 * Convolve any image with any kernel.
 *
 * weights: [output_channels][kernel_y][kernel_x][input_channels].
 * column_buffer: 2 * kernel_x * kernel_y * input_channels elements; at most 65535 per column.
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_convolve_HWC_q7_basic_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer);

/** arm_convolve_HWC_q7_basic_nonsquare for square images, kernels and strides. */
arm_status arm_convolve_HWC_q7_basic(const q7_t *input, uint16_t input_size,
                                     uint16_t input_channels, const q7_t *weights,
                                     uint16_t output_channels, uint16_t kernel_size,
                                     uint16_t padding, uint16_t stride, const q7_t *bias,
                                     uint16_t bias_shift, uint16_t out_shift, q7_t *output,
                                     uint16_t output_size, q15_t *column_buffer,
                                     q7_t *unused_buffer);

/**
 * arm_convolve_HWC_q7_basic_nonsquare where input_channels is a multiple of 4 and output_channels
 * of 2; returns ARM_MATH_SIZE_MISMATCH, with the output untouched, where not.
 */
__typeof__(arm_convolve_HWC_q7_basic_nonsquare) arm_convolve_HWC_q7_fast_nonsquare;

/** arm_convolve_HWC_q7_fast_nonsquare for square images, kernels and strides. */
__typeof__(arm_convolve_HWC_q7_basic) arm_convolve_HWC_q7_fast;

/** arm_convolve_HWC_q7_basic where input_channels is 3; ARM_MATH_SIZE_MISMATCH where not. */
__typeof__(arm_convolve_HWC_q7_basic) arm_convolve_HWC_q7_RGB;

/**
 * Convolve any q15 image with any kernel; all square.
 *
 * weights: [output_channels][kernel_size][kernel_size][input_channels].
 * column_buffer: kernel_size * kernel_size * input_channels elements, at most 65535.
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_convolve_HWC_q15_basic(const q15_t *input, uint16_t input_size,
                                      uint16_t input_channels, const q15_t *weights,
                                      uint16_t output_channels, uint16_t kernel_size,
                                      uint16_t padding, uint16_t stride, const q15_t *bias,
                                      uint16_t bias_shift, uint16_t out_shift, q15_t *output,
                                      uint16_t output_size, q15_t *column_buffer,
                                      q7_t *unused_buffer);

/**
 * Convolve any q15 image with any kernel; an even number of output channels is faster. Ours, not
 * CMSIS-NN's.
 *
 * weights: [output_channels][kernel_y][kernel_x][input_channels].
 * column_buffer: 2 * kernel_x * kernel_y * input_channels elements, half of it where
 * output_channels is odd; at most 65535 per column.
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_convolve_HWC_q15_basic_nonsquare(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer);

/**
 * arm_convolve_HWC_q15_basic_nonsquare where both numbers of channels are even; returns
 * ARM_MATH_SIZE_MISMATCH, with the output untouched, where not.
 */
__typeof__(arm_convolve_HWC_q15_basic_nonsquare) arm_convolve_HWC_q15_fast_nonsquare;

/**
 * arm_convolve_HWC_q15_fast_nonsquare for square images, kernels and strides; output_size is even
 * too, ARM_MATH_SIZE_MISMATCH where not.
 */
__typeof__(arm_convolve_HWC_q15_basic) arm_convolve_HWC_q15_fast;

/**
 * Convolve with a 1 x 1 kernel: a matrix product over the channels of each pixel.
 *
 * weights: [output_channels][input_channels].
 * column_buffer: 2 * input_channels elements.
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SIZE_MISMATCH, with the output untouched, unless input_channels is a multiple
 * of 4, output_channels of 2, kernel and strides are 1, paddings 0, and the output has the input's
 * size.
 */
arm_status arm_convolve_1x1_HWC_q7_fast_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *column_buffer, q7_t *unused_buffer);

/**
 * Convolve each channel with a kernel of its own.
 *
 * weights: [kernel_y][kernel_x][channels].
 * unused_column_buffer, unused_buffer: may be NULL.
 * Returns ARM_MATH_SIZE_MISMATCH, with the output untouched, unless input_channels equals
 * output_channels.
 */
arm_status arm_depthwise_separable_conv_HWC_q7_nonsquare(
    const q7_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q7_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q7_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q7_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *unused_column_buffer, q7_t *unused_buffer);

/** arm_depthwise_separable_conv_HWC_q7_nonsquare for square images, kernels and strides. */
arm_status arm_depthwise_separable_conv_HWC_q7(const q7_t *input, uint16_t input_size,
                                               uint16_t input_channels, const q7_t *weights,
                                               uint16_t output_channels, uint16_t kernel_size,
                                               uint16_t padding, uint16_t stride, const q7_t *bias,
                                               uint16_t bias_shift, uint16_t out_shift,
                                               q7_t *output, uint16_t output_size,
                                               q15_t *unused_column_buffer, q7_t *unused_buffer);

/**
 * arm_depthwise_separable_conv_HWC_q7_nonsquare in q15. Ours, not CMSIS-NN's.
 *
 * weights: [kernel_y][kernel_x][channels].
 */
arm_status arm_depthwise_separable_conv_HWC_q15_nonsquare(
    const q15_t *input, uint16_t input_x, uint16_t input_y, uint16_t input_channels,
    const q15_t *weights, uint16_t output_channels, uint16_t kernel_x, uint16_t kernel_y,
    uint16_t padding_x, uint16_t padding_y, uint16_t stride_x, uint16_t stride_y, const q15_t *bias,
    uint16_t bias_shift, uint16_t out_shift, q15_t *output, uint16_t output_x, uint16_t output_y,
    q15_t *unused_column_buffer, q7_t *unused_buffer);

/* ---- Fully connected ---- */

/**
 * Multiply a matrix by a vector.
 *
 * weights: [rows][length].
 * vector_buffer: length elements.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_fully_connected_q7(const q7_t *vector, const q7_t *weights, uint16_t length,
                                  uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                  const q7_t *bias, q7_t *output, q15_t *vector_buffer);

/**
 * arm_fully_connected_q7 with the weights in the order in which they are used.
 *
 * weights: for each four rows a, b, c, d and each four columns 0 to 3 the bytes
 * a0 b0 a2 b2 c0 d0 c2 d2 a1 b1 a3 b3 c1 d1 c3 d3, for each left-over column a b c d;
 * left-over rows as they are. `python -m armsim.nn.translate.reorder` writes all.
 */
__typeof__(arm_fully_connected_q7) arm_fully_connected_q7_opt;

/**
 * Multiply a matrix of q15 by a vector.
 *
 * weights: [rows][length].
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_fully_connected_q15(const q15_t *vector, const q15_t *weights, uint16_t length,
                                   uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                   const q15_t *bias, q15_t *output, q15_t *unused_buffer);

/**
 * arm_fully_connected_q15 with the weights in the order in which they are used.
 *
 * weights: for each four rows a, b, c, d and each two columns 0 and 1 the values
 * a0 a1 b0 b1 c0 c1 d0 d1, for a left-over column a b c d; left-over rows as they are.
 */
__typeof__(arm_fully_connected_q15) arm_fully_connected_q15_opt;

/**
 * Multiply a matrix of q7 by a vector of q15.
 *
 * weights: [rows][length].
 * unused_buffer: may be NULL.
 * Returns ARM_MATH_SUCCESS.
 */
arm_status arm_fully_connected_mat_q7_vec_q15(const q15_t *vector, const q7_t *weights,
                                              uint16_t length, uint16_t rows, uint16_t bias_shift,
                                              uint16_t out_shift, const q7_t *bias, q15_t *output,
                                              q15_t *unused_buffer);

/**
 * arm_fully_connected_mat_q7_vec_q15 with the weights in the order in which they are used.
 *
 * weights: for each four rows a, b, c, d and each two columns 0 and 1 the bytes
 * a0 b0 a1 b1 c0 d0 c1 d1, for a left-over column a b c d; left-over rows as they are.
 */
__typeof__(arm_fully_connected_mat_q7_vec_q15) arm_fully_connected_mat_q7_vec_q15_opt;

/* ---- Activation ---- */

/** Replace negative values by zero. */
void arm_relu_q7(q7_t *data, uint16_t size);

/** Replace negative values by zero. */
void arm_relu_q15(q15_t *data, uint16_t size);

/**
 * Replace each value by its logistic function or hyperbolic tangent, in Q0.7.
 *
 * int_width: integer bits of the input, 0 to 3; what it has below 1/16 is cut off.
 * type: anything but ARM_SIGMOID counts as ARM_TANH.
 */
void arm_nn_activations_direct_q7(q7_t *data, uint16_t size, uint16_t int_width,
                                  arm_nn_activation_type type);

/** The same with q15 input and Q0.15 output, on straight lines between multiples of 1/16. */
void arm_nn_activations_direct_q15(q15_t *data, uint16_t size, uint16_t int_width,
                                   arm_nn_activation_type type);

/* ---- Pooling ---- */

/**
 * Take the maximum of each channel in each window.
 *
 * Each window holds at least one pixel of the image.
 * input: what it holds afterwards is not defined; it may be used as scratch.
 * unused_buffer: may be NULL.
 * output: where the stride exceeds the padding, may begin where the input does, or before.
 */
void arm_maxpool_q7_HWC(q7_t *input, uint16_t input_size, uint16_t channels, uint16_t kernel_size,
                        uint16_t padding, uint16_t stride, uint16_t output_size,
                        q7_t *unused_buffer, q7_t *output);

/**
 * Take the average of each channel in each window: along x, cut towards zero, then along y, cut
 * again.
 *
 * Each window holds at least one pixel of the image; kernel_size is at most 256. Averages count
 * only pixels inside the image.
 * input: what it holds afterwards is not defined; it may be used as scratch.
 * unused_buffer: may be NULL.
 */
__typeof__(arm_maxpool_q7_HWC) arm_avepool_q7_HWC;

/**
 * Average windows of the image: sum * 2^out_lshift / count, towards zero, saturated.
 *
 * count: the pixels of the window that lie inside the image; at least one.
 * The magnitude of sum * 2^out_lshift stays below 2^31.
 * unused_buffer: may be NULL. The input is left as it is.
 */
void arm_avepool_q7_HWC_nonsquare(const q7_t *input, uint16_t input_x, uint16_t input_y,
                                  uint16_t channels, uint16_t kernel_x, uint16_t kernel_y,
                                  uint16_t padding_x, uint16_t padding_y, uint16_t stride_x,
                                  uint16_t stride_y, uint16_t output_x, uint16_t output_y,
                                  q7_t *unused_buffer, q7_t *output, uint16_t out_lshift);

/** arm_avepool_q7_HWC_nonsquare in q15. Ours, not CMSIS-NN's. */
void arm_avepool_q15_HWC_nonsquare(const q15_t *input, uint16_t input_x, uint16_t input_y,
                                   uint16_t channels, uint16_t kernel_x, uint16_t kernel_y,
                                   uint16_t padding_x, uint16_t padding_y, uint16_t stride_x,
                                   uint16_t stride_y, uint16_t output_x, uint16_t output_y,
                                   q7_t *unused_buffer, q15_t *output, uint16_t out_lshift);

/* ---- Softmax ---- */

/**
 * Turn scores into shares, by powers of two.
 *
 * With base = maximum - 8: output = saturate_q7((2^20 / total) >> clamp(13 + base - x, 0, 31)),
 * total the sum of 2^clamp(x - base, 0, 7). A clear winner gets 127.
 * size: at least 1. Input and output may be the same.
 */
void arm_softmax_q7(const q7_t *input, uint16_t size, q7_t *output);

/** arm_softmax_q7 of each of `batches` vectors, one behind the other. */
void arm_softmax_with_batch_q7(const q7_t *input, uint16_t batches, uint16_t size, q7_t *output);

/**
 * Turn scores into shares, by powers of two.
 *
 * With base = maximum - 16: output = saturate_q15((2^32 / total) >> min(17 + base - x, 31)) where
 * x > base, else 0; total the sum of 2^(x - base) over the same. A clear winner gets 32767.
 * size: 1 to 32767. Input and output may be the same.
 */
void arm_softmax_q15(const q15_t *input, uint16_t size, q15_t *output);

/* ---- Support ---- */

/**
 * output = saturate_q7((a * b + round) >> out_shift); out_shift 0 to 14. The output may be one of
 * the inputs.
 */
void arm_nn_mult_q7(q7_t *a, q7_t *b, q7_t *output, uint16_t out_shift, uint32_t size);

/** output = saturate_q15((a * b + round) >> out_shift); out_shift 0 to 30. Likewise. */
void arm_nn_mult_q15(q15_t *a, q15_t *b, q15_t *output, uint16_t out_shift, uint32_t size);

/** Widen q7 to q15, values and order unchanged. */
void arm_q7_to_q15_no_shift(const q7_t *input, q15_t *output, uint32_t size);

/**
 * Widen q7 to q15, values unchanged; each full group 0 1 2 3 becomes 0 2 1 3.
 *
 * The input may be the last `size` bytes of the output.
 */
void arm_q7_to_q15_reordered_no_shift(const q7_t *input, q15_t *output, uint32_t size);

/**
 * Multiply a matrix by two columns: two output pixels of a convolution.
 *
 * weights: [output_channels][column_length]; columns: [2][column_length];
 * output: [2][output_channels].
 * Returns the address behind the output.
 */
q7_t *arm_nn_mat_mult_kernel_q7_q15(const q7_t *weights, const q15_t *columns,
                                    uint16_t output_channels, uint16_t column_length,
                                    uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                                    q7_t *output);

/** The same with each column in the order of arm_q7_to_q15_reordered_no_shift. */
q7_t *arm_nn_mat_mult_kernel_q7_q15_reordered(const q7_t *weights, const q15_t *columns,
                                              uint16_t output_channels, uint16_t column_length,
                                              uint16_t bias_shift, uint16_t out_shift,
                                              const q7_t *bias, q7_t *output);

#ifdef __cplusplus
}
#endif

#endif
