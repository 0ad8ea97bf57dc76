#include "arm_nnfunctions.h"

void arm_softmax_with_batch_q7_portable(const q7_t *input, uint16_t batches, uint16_t size,
                                        q7_t *output)
{
    for (int32_t i = 0; i < batches; i++) {
        arm_softmax_q7_portable(input + i * size, size, output + i * size);
    }
}
