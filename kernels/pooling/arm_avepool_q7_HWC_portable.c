#include "arm_nnfunctions.h"

void arm_avepool_q7_HWC_portable(q7_t *input, uint16_t input_size, uint16_t channels,
                                 uint16_t kernel_size, uint16_t padding, uint16_t stride,
                                 uint16_t output_size, q7_t *unused_buffer, q7_t *output)
{
    arm_avepool_q7_HWC_nonsquare_portable(input, input_size, input_size, channels, kernel_size,
                                          kernel_size, padding, padding, stride, stride,
                                          output_size, output_size, unused_buffer, output, 0);
}
