#include "baseline.h"
#include "internal/fixed_point.h"
#include "internal/simd.h"
#include "internal/window.h"

int32_t baseline_dot_product_q7(const q7_t *a, const q7_t *b, uint32_t size)
{
    int32_t sum = 0;
    for (; size >= 4; size -= 4, a += 4, b += 4) {
        const struct q15x4 x = widen_reordered(load_q7x4(a));
        const struct q15x4 y = widen_reordered(load_q7x4(b));
        sum = __smlad(x.first, y.first, sum);
        sum = __smlad(x.second, y.second, sum);
    }
    for (; size > 0; size--) {
        sum += *a++ * *b++;
    }
    return sum;
}

/** A channel's window times its kernel: a dot product for each row. */
static int32_t window_sum(const q7_t *image, int32_t size, const q7_t *kernel, int32_t kernel_size,
                          int32_t left, int32_t top)
{
    const struct taps taps_y = taps_inside(top, kernel_size, size);
    const struct taps taps_x = taps_inside(left, kernel_size, size);
    int32_t sum = 0;
    for (int32_t ky = taps_y.first; ky < taps_y.end; ky++) {
        sum += baseline_dot_product_q7(image + (top + ky) * size + left + taps_x.first,
                                       kernel + ky * kernel_size + taps_x.first,
                                       (uint32_t)(taps_x.end - taps_x.first));
    }
    return sum;
}

void baseline_convolve_q7(const q7_t *input, int32_t size, int32_t input_channels,
                          const q7_t *weights, int32_t output_channels, int32_t kernel_size,
                          int32_t padding, const q7_t *bias, uint16_t bias_shift,
                          uint16_t out_shift, q7_t *output)
{
    const int32_t taps = kernel_size * kernel_size;
    for (int32_t o = 0; o < output_channels; o++, weights += input_channels * taps) {
        for (int32_t y = 0; y < size; y++) {
            for (int32_t x = 0; x < size; x++) {
                int32_t sum = first_sum(bias[o], bias_shift, out_shift);
                for (int32_t c = 0; c < input_channels; c++) {
                    sum += window_sum(input + c * size * size, size, weights + c * taps,
                                      kernel_size, x - padding, y - padding);
                }
                *output++ = saturate_q7(sum >> out_shift);
            }
        }
    }
}

void baseline_depthwise_q7(const q7_t *input, int32_t size, int32_t channels, const q7_t *weights,
                           int32_t kernel_size, int32_t padding, const q7_t *bias,
                           uint16_t bias_shift, uint16_t out_shift, q7_t *output)
{
    for (int32_t c = 0; c < channels; c++) {
        for (int32_t y = 0; y < size; y++) {
            for (int32_t x = 0; x < size; x++) {
                const int32_t sum =
                    window_sum(input, size, weights, kernel_size, x - padding, y - padding);
                const int32_t start = first_sum(bias[c], bias_shift, out_shift);
                *output++ = saturate_q7((start + sum) >> out_shift);
            }
        }
        input += size * size;
        weights += kernel_size * kernel_size;
    }
}

void baseline_fully_connected_q7(const q7_t *vector, const q7_t *weights, int32_t length,
                                 int32_t rows, uint16_t bias_shift, uint16_t out_shift,
                                 const q7_t *bias, q7_t *output)
{
    for (int32_t row = 0; row < rows; row++, weights += length) {
        const int32_t start = first_sum(bias[row], bias_shift, out_shift);
        const int32_t sum = baseline_dot_product_q7(vector, weights, (uint32_t)length);
        output[row] = saturate_q7((start + sum) >> out_shift);
    }
}

void baseline_maxpool_q7(const q7_t *input, int32_t size, int32_t channels, int32_t kernel_size,
                         int32_t stride, int32_t output_size, q7_t *output)
{
    for (int32_t c = 0; c < channels; c++, input += size * size) {
        for (int32_t y = 0; y < output_size; y++) {
            for (int32_t x = 0; x < output_size; x++) {
                int32_t maximum = INT8_MIN;
                for (int32_t py = y * stride; py < y * stride + kernel_size; py++) {
                    for (int32_t px = x * stride; px < x * stride + kernel_size; px++) {
                        if (py < size && px < size && input[py * size + px] > maximum) {
                            maximum = input[py * size + px];
                        }
                    }
                }
                *output++ = (q7_t)maximum;
            }
        }
    }
}

void baseline_avepool_q7(const q7_t *input, int32_t size, int32_t channels, int32_t kernel_size,
                         int32_t stride, int32_t output_size, q7_t *output)
{
    for (int32_t c = 0; c < channels; c++, input += size * size) {
        for (int32_t y = 0; y < output_size; y++) {
            for (int32_t x = 0; x < output_size; x++) {
                int32_t sum_of_rows = 0;
                int32_t rows = 0;
                for (int32_t py = y * stride; py < y * stride + kernel_size && py < size; py++) {
                    int32_t sum = 0;
                    int32_t count = 0;
                    for (int32_t px = x * stride; px < x * stride + kernel_size; px++) {
                        if (px < size) {
                            sum += input[py * size + px];
                            count++;
                        }
                    }
                    sum_of_rows += sum / count;
                    rows++;
                }
                *output++ = (q7_t)(sum_of_rows / rows);
            }
        }
    }
}

void baseline_relu_q7(q7_t *data, int32_t size)
{
    for (int32_t i = 0; i < size; i++) {
        if (data[i] < 0) {
            data[i] = 0;
        }
    }
}
