/** Products of an s8 matrix with columns of reordered int16_t. */
#ifndef INTERNAL_MAT_MULT_S8_H
#define INTERNAL_MAT_MULT_S8_H

#include "internal/requantize.h"

/** The rows of a layer: weights [rows][length], and what makes outputs of their sums. */
struct rows_s8 {
    const int8_t *weights;
    const int32_t *bias; /* may be NULL */
    const int32_t *multiplier;
    const int32_t *shift;
    int32_t rows;
    int32_t length;
    struct output_range range;
};

/** Multiply by two columns, one `column_step` behind the other; outputs `output_step` apart. */
void mat_mult_2_columns_s8(const struct rows_s8 *layer, const int16_t *columns, int32_t column_step,
                           int8_t *output, int32_t output_step);

/** Multiply by one column. */
void mat_mult_column_s8(const struct rows_s8 *layer, const int16_t *column, int8_t *output);

#endif
