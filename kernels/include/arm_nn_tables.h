/** The logistic function and the hyperbolic tangent at -8 to 8 in steps of 1/16. */
#ifndef ARM_NN_TABLES_H
#define ARM_NN_TABLES_H

#include "arm_nn_types.h"

/* Entry i is the function of i / 16, rounded; i = 128 to 255 stand for -128 to -1. Entry 256 is
 * entry 0 again, so that each entry has the next point of the curve behind it. */
extern const q7_t sigmoidTable_q7[256];
extern const q7_t tanhTable_q7[256];
extern const q15_t sigmoidTable_q15[257];
extern const q15_t tanhTable_q15[257];

#endif
