#include "internal/mat_mult.h"

q7_t *mat_mult_2_columns_reordered(const q7_t *weights, struct columns_2 columns,
                                   uint16_t output_channels, uint16_t column_length,
                                   uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                                   q7_t *output)
{
    return mat_mult_2_columns(widen_reordered, weights, columns, output_channels, column_length,
                              bias_shift, out_shift, bias, output);
}
