/** The layers behind the s8 functions: the scales of output i stand at [i * scale_step]. */
#ifndef INTERNAL_FULLY_CONNECTED_S8_H
#define INTERNAL_FULLY_CONNECTED_S8_H

#include "internal/requantize.h"

struct layer_s8 {
    const int8_t *weights; /* [rows][length] */
    const int32_t *bias;   /* may be NULL */
    const int32_t *multiplier;
    const int32_t *shift;
    int32_t scale_step;
    int32_t rows;
    int32_t length;
    int32_t input_offset;
    int32_t filter_offset;
    struct output_range range;
};

/** The specification. */
void fully_connected_s8_plain(const struct layer_s8 *layer, const int8_t *input, int8_t *output);

/** With DSP instructions. */
void fully_connected_s8_dsp(const struct layer_s8 *layer, const int8_t *input, int8_t *output);

#endif
