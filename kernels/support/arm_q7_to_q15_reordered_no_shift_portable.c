#include "arm_nnfunctions.h"

void arm_q7_to_q15_reordered_no_shift_portable(const q7_t *input, q15_t *output, uint32_t size)
{
    uint32_t i = 0;
    for (; i < (size & ~3U); i += 4) {
        /* All four are read before the first is written: the input may lie in the output's end. */
        const q7_t group[4] = {input[i], input[i + 2], input[i + 1], input[i + 3]};
        for (uint32_t j = 0; j < 4; j++) {
            output[i + j] = group[j];
        }
    }
    for (; i < size; i++) {
        output[i] = input[i];
    }
}
