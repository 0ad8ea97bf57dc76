#include <stddef.h>

#include "internal/mat_mult.h"
#include "internal/mat_mult_s8.h"
#include "internal/requantize_dsp.h"

void mat_mult_2_columns_s8(const struct rows_s8 *layer, const int16_t *columns, int32_t column_step,
                           int8_t *output, int32_t output_step)
{
    const uint32_t length = (uint32_t)layer->length;
    const struct columns_2 both = columns_apart(columns, (uint32_t)column_step, length);
    const int8_t *weights = layer->weights;
    int32_t row = 0;
    for (; row + 2 <= layer->rows; row += 2, weights += 2 * length) {
        const int32_t a = layer->bias != NULL ? layer->bias[row] : 0;
        const int32_t b = layer->bias != NULL ? layer->bias[row + 1] : 0;
        const struct sums_2x2 sums =
            dot_2x2(widen_reordered, weights, both, length, (struct sums_2x2){a, b, a, b});
        const int32_t multiplier_a = layer->multiplier[row];
        const int32_t multiplier_b = layer->multiplier[row + 1];
        const int32_t shift_a = layer->shift[row];
        const int32_t shift_b = layer->shift[row + 1];
        output[row] = output_s8_dsp(sums.ax, multiplier_a, shift_a, layer->range);
        output[row + 1] = output_s8_dsp(sums.bx, multiplier_b, shift_b, layer->range);
        output[row + output_step] = output_s8_dsp(sums.ay, multiplier_a, shift_a, layer->range);
        output[row + 1 + output_step] = output_s8_dsp(sums.by, multiplier_b, shift_b, layer->range);
    }
    if (row < layer->rows) {
        const int32_t start = layer->bias != NULL ? layer->bias[row] : 0;
        const int32_t x = dot(widen_reordered, weights, both.x, length, start);
        const int32_t y = dot(widen_reordered, weights, both.y, length, start);
        output[row] = output_s8_dsp(x, layer->multiplier[row], layer->shift[row], layer->range);
        output[row + output_step] =
            output_s8_dsp(y, layer->multiplier[row], layer->shift[row], layer->range);
    }
}
