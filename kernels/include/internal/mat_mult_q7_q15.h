/** Products of a q7 matrix with a q15 column, to q15. */
#ifndef INTERNAL_MAT_MULT_Q7_Q15_H
#define INTERNAL_MAT_MULT_Q7_Q15_H

#include <stdint.h>

#include "arm_nnfunctions.h"

/** Multiply a matrix by one column. */
void mat_mult_column_q7_q15(const q7_t *weights, const q15_t *column, int32_t rows, int32_t length,
                            uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                            q15_t *output);

#endif
