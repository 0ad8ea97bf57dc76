/**
 * What the kernels are compared with: the style in which such networks were written for
 * microcontrollers before. Images are CHW, a convolution is a sum of one-dimensional dot products,
 * pooling visits the window of each output, nothing is done four bytes at a time but the dot
 * product. Arithmetic, shifts and results are those of the kernels.
 */
#ifndef BASELINE_H
#define BASELINE_H

#include "arm_nnfunctions.h"

/** sum of a[i] * b[i], two products an instruction, as in a library of signal processing. */
int32_t baseline_dot_product_q7(const q7_t *a, const q7_t *b, uint32_t size);

/** weights: [output_channels][input_channels][kernel_y][kernel_x]; all square. */
void baseline_convolve_q7(const q7_t *input, int32_t size, int32_t input_channels,
                          const q7_t *weights, int32_t output_channels, int32_t kernel_size,
                          int32_t padding, const q7_t *bias, uint16_t bias_shift,
                          uint16_t out_shift, q7_t *output);

/** weights: [channels][kernel_y][kernel_x]. */
void baseline_depthwise_q7(const q7_t *input, int32_t size, int32_t channels, const q7_t *weights,
                           int32_t kernel_size, int32_t padding, const q7_t *bias,
                           uint16_t bias_shift, uint16_t out_shift, q7_t *output);

/** weights: [rows][length]. */
void baseline_fully_connected_q7(const q7_t *vector, const q7_t *weights, int32_t length,
                                 int32_t rows, uint16_t bias_shift, uint16_t out_shift,
                                 const q7_t *bias, q7_t *output);

void baseline_maxpool_q7(const q7_t *input, int32_t size, int32_t channels, int32_t kernel_size,
                         int32_t stride, int32_t output_size, q7_t *output);

/** Along x, cut towards zero, then along y, cut again: as arm_avepool_q7_HWC. */
void baseline_avepool_q7(const q7_t *input, int32_t size, int32_t channels, int32_t kernel_size,
                         int32_t stride, int32_t output_size, q7_t *output);

void baseline_relu_q7(q7_t *data, int32_t size);

#endif
