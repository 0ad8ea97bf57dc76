/**
 * Neural-network kernels for Cortex-M4 and Cortex-M7: the q7 functions of CMSIS-NN 5.9.0, by name,
 * prototype and result.
 *
 * Every function has two forms with the same prototype and the same result, bit for bit:
 * `<name>_portable` is plain C and the specification; `<name>` uses the DSP instructions.
 *
 * Numbers. A q7 value is an int8_t with an agreed number of fractional bits. All products are
 * summed in 32 bits,
 *
 *     sum = bias * 2^bias_shift + round + (input * weight + ...),  round = 2^out_shift / 2
 *     output = saturate_q7(sum >> out_shift)                       (arithmetic shift)
 *
 * and the caller sees to it that the sum stays below 2^31 in magnitude: 2^14 per product at most.
 * bias_shift is 0 to 23, out_shift 0 to 30.
 *
 * Images are HWC: value (y, x, channel) stands at (y * size_x + x) * channels + channel. Pixels
 * outside the image count as zero. Output sizes are the caller's; padding is what lies to the left
 * and above, what lies to the right and below follows from the sizes.
 *
 * Pointers need no alignment beyond their type, save where it says so. Buffers may not overlap.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int8_t q7_t;
typedef int16_t q15_t;
typedef int32_t q31_t;

typedef enum {
    ARM_MATH_SUCCESS = 0,
    ARM_MATH_SIZE_MISMATCH = -3,
} arm_status;

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
 * left-over rows as they are. `tools/reorder_fully_connected_q7_opt.py` writes it.
 */
arm_status arm_fully_connected_q7_opt(const q7_t *vector, const q7_t *weights, uint16_t length,
                                      uint16_t rows, uint16_t bias_shift, uint16_t out_shift,
                                      const q7_t *bias, q7_t *output, q15_t *vector_buffer);

/* ---- Activation, pooling, softmax ---- */

/** Replace negative values by zero. */
void arm_relu_q7(q7_t *data, uint16_t size);

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

/** arm_avepool_q7_HWC_nonsquare for square images, windows and strides, with out_lshift 0. */
void arm_avepool_q7_HWC(q7_t *input, uint16_t input_size, uint16_t channels, uint16_t kernel_size,
                        uint16_t padding, uint16_t stride, uint16_t output_size,
                        q7_t *unused_buffer, q7_t *output);

/**
 * Turn scores into shares, by powers of two.
 *
 * With base = maximum - 8: output = saturate_q7((2^20 / total) >> clamp(13 + base - x, 0, 31)),
 * total the sum of 2^clamp(x - base, 0, 7). A clear winner gets 127.
 * size: at least 1. Input and output may be the same.
 */
void arm_softmax_q7(const q7_t *input, uint16_t size, q7_t *output);

/* ---- Support ---- */

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

/* ---- The portable forms ---- */

__typeof__(arm_convolve_HWC_q7_basic_nonsquare) arm_convolve_HWC_q7_basic_nonsquare_portable;
__typeof__(arm_convolve_HWC_q7_basic) arm_convolve_HWC_q7_basic_portable;
__typeof__(arm_convolve_1x1_HWC_q7_fast_nonsquare) arm_convolve_1x1_HWC_q7_fast_nonsquare_portable;
__typeof__(arm_depthwise_separable_conv_HWC_q7_nonsquare)
    arm_depthwise_separable_conv_HWC_q7_nonsquare_portable;
__typeof__(arm_depthwise_separable_conv_HWC_q7) arm_depthwise_separable_conv_HWC_q7_portable;
__typeof__(arm_fully_connected_q7) arm_fully_connected_q7_portable;
__typeof__(arm_fully_connected_q7_opt) arm_fully_connected_q7_opt_portable;
__typeof__(arm_relu_q7) arm_relu_q7_portable;
__typeof__(arm_avepool_q7_HWC_nonsquare) arm_avepool_q7_HWC_nonsquare_portable;
__typeof__(arm_avepool_q7_HWC) arm_avepool_q7_HWC_portable;
__typeof__(arm_softmax_q7) arm_softmax_q7_portable;
__typeof__(arm_q7_to_q15_no_shift) arm_q7_to_q15_no_shift_portable;
__typeof__(arm_q7_to_q15_reordered_no_shift) arm_q7_to_q15_reordered_no_shift_portable;
__typeof__(arm_nn_mat_mult_kernel_q7_q15) arm_nn_mat_mult_kernel_q7_q15_portable;
__typeof__(arm_nn_mat_mult_kernel_q7_q15_reordered)
    arm_nn_mat_mult_kernel_q7_q15_reordered_portable;

#ifdef __cplusplus
}
#endif

#endif
