/** Products of a q15 matrix with q15 columns. */
#ifndef INTERNAL_MAT_MULT_Q15_H
#define INTERNAL_MAT_MULT_Q15_H

#include <stdint.h>

#include "arm_nnfunctions.h"

/** Multiply a matrix by one column. */
void mat_mult_column_q15(const q15_t *weights, const q15_t *column, int32_t rows, int32_t length,
                         uint16_t bias_shift, uint16_t out_shift, const q15_t *bias, q15_t *output);

/**
 * Multiply a matrix by two columns, one behind the other.
 *
 * rows is even. Returns the address behind the output.
 */
q15_t *mat_mult_2_columns_q15(const q15_t *weights, const q15_t *columns, int32_t rows,
                              int32_t length, uint16_t bias_shift, uint16_t out_shift,
                              const q15_t *bias, q15_t *output);

#endif
