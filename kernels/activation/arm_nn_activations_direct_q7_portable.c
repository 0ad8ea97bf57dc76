#include "arm_nn_tables.h"

void arm_nn_activations_direct_q7_portable(q7_t *data, uint16_t size, uint16_t int_width,
                                           arm_nn_activation_type type)
{
    const q7_t *const table = type == ARM_SIGMOID ? sigmoidTable_q7 : tanhTable_q7;
    for (uint32_t i = 0; i < size; i++) {
        data[i] = table[(uint8_t)(data[i] >> (3 - int_width))];
    }
}
