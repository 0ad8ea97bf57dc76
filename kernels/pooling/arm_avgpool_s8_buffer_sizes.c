#include "arm_nnfunctions.h"

int32_t arm_avgpool_s8_get_buffer_size(int output_x, int channels)
{
    (void)output_x;
    return channels * (int32_t)sizeof(int32_t);
}

int32_t arm_avgpool_s8_get_buffer_size_dsp(int output_x, int channels)
{
    return arm_avgpool_s8_get_buffer_size(output_x, channels);
}
