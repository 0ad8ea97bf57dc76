#include <stddef.h>

#include "internal/mat_mult.h"
#include "internal/mat_mult_s8.h"
#include "internal/requantize_dsp.h"

void mat_mult_column_s8(const struct rows_s8 *layer, const int16_t *column, int8_t *output)
{
    const uint32_t length = (uint32_t)layer->length;
    const int8_t *weights = layer->weights;
    for (int32_t row = 0; row < layer->rows; row++, weights += length) {
        const int32_t start = layer->bias != NULL ? layer->bias[row] : 0;
        const int32_t sum = dot(widen_reordered, weights, column, length, start);
        *output++ = output_s8_dsp(sum, layer->multiplier[row], layer->shift[row], layer->range);
    }
}
