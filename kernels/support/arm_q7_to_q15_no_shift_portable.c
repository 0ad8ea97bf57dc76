#include "arm_nnfunctions.h"

void arm_q7_to_q15_no_shift_portable(const q7_t *input, q15_t *output, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        output[i] = input[i];
    }
}
