#include <stddef.h>

#include "internal/fully_connected_s8.h"

void fully_connected_s8_plain(const struct layer_s8 *layer, const int8_t *input, int8_t *output)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        int32_t sum = layer->bias != NULL ? layer->bias[row] : 0;
        for (int32_t i = 0; i < layer->length; i++) {
            const int32_t weight = layer->weights[row * layer->length + i] + layer->filter_offset;
            sum = wrapping_add(sum, (input[i] + layer->input_offset) * weight);
        }
        output[row] = output_s8(sum, layer->multiplier[row * layer->scale_step],
                                layer->shift[row * layer->scale_step], layer->range);
    }
}
