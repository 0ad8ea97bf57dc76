#include "arm_nnfunctions.h"

void arm_relu_q15_portable(q15_t *data, uint16_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        if (data[i] < 0) {
            data[i] = 0;
        }
    }
}
