/** Gives the inline functions names that a test can call. */
#include "arm_nnsupportfunctions.h"

const q7_t *call_read_and_pad(const q7_t *source, q31_t *out1, q31_t *out2);
const q7_t *call_read_and_pad_reordered(const q7_t *source, q31_t *out1, q31_t *out2);

const q7_t *call_read_and_pad(const q7_t *source, q31_t *out1, q31_t *out2)
{
    return read_and_pad(source, out1, out2);
}

const q7_t *call_read_and_pad_reordered(const q7_t *source, q31_t *out1, q31_t *out2)
{
    return read_and_pad_reordered(source, out1, out2);
}
