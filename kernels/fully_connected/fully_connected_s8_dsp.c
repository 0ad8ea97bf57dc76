#include <stddef.h>

#include "internal/dot_s8.h"
#include "internal/fully_connected_s8.h"
#include "internal/requantize_dsp.h"

static inline int8_t output_of_row(const struct layer_s8 *layer, int32_t row, int32_t sum)
{
    return output_s8_dsp(sum, layer->multiplier[row * layer->scale_step],
                         layer->shift[row * layer->scale_step], layer->range);
}

void fully_connected_s8_dsp(const struct layer_s8 *layer, const int8_t *input, int8_t *output)
{
    if (layer->filter_offset != 0) {
        fully_connected_s8_plain(layer, input, output);
        return;
    }
    const int32_t length = layer->length;
    const int8_t *weights = layer->weights;
    int32_t row = 0;
    for (; row + 2 <= layer->rows; row += 2, weights += 2 * length) {
        const int32_t a = layer->bias != NULL ? layer->bias[row] : 0;
        const int32_t b = layer->bias != NULL ? layer->bias[row + 1] : 0;
        const struct sums_2 sums =
            dot_2_s8(weights, input, length, layer->input_offset, (struct sums_2){a, b});
        output[row] = output_of_row(layer, row, sums.a);
        output[row + 1] = output_of_row(layer, row + 1, sums.b);
    }
    if (row < layer->rows) {
        const int32_t start = layer->bias != NULL ? layer->bias[row] : 0;
        const int32_t sum = dot_s8(weights, input, length, layer->input_offset, start);
        output[row] = output_of_row(layer, row, sum);
    }
}
