/** The inline functions of CMSIS-NN 5.9.0 that widen weights; they need the DSP instructions. */
#ifndef ARM_NNSUPPORTFUNCTIONS_H
#define ARM_NNSUPPORTFUNCTIONS_H

#include "arm_nnfunctions.h"
#include "internal/simd.h"

/** Widen four q7 in order: 0 and 1 to out1, 2 and 3 to out2. Return the address behind them. */
static inline const q7_t *read_and_pad(const q7_t *source, q31_t *out1, q31_t *out2)
{
    const struct q15x4 wide = widen(load_q7x4(source));
    *out1 = wide.first;
    *out2 = wide.second;
    return source + 4;
}

/** Widen four q7: 0 and 2 to out1, 1 and 3 to out2. Return the address behind them. */
static inline const q7_t *read_and_pad_reordered(const q7_t *source, q31_t *out1, q31_t *out2)
{
    const struct q15x4 wide = widen_reordered(load_q7x4(source));
    *out1 = wide.first;
    *out2 = wide.second;
    return source + 4;
}

#endif
