#include "arm_nn_tables.h"

void arm_nn_activations_direct_q15_portable(q15_t *data, uint16_t size, uint16_t int_width,
                                            arm_nn_activation_type type)
{
    const q15_t *const table = type == ARM_SIGMOID ? sigmoidTable_q15 : tanhTable_q15;
    const int32_t shift = 11 - int_width;
    const int32_t full = 1 << shift;
    for (uint32_t i = 0; i < size; i++) {
        const int32_t index = data[i] >> shift;
        const int32_t fraction = data[i] & (full - 1);
        const q15_t below = table[(uint8_t)index];
        const q15_t above = table[(uint8_t)(index + 1)];
        const int32_t between = ((full - fraction) * below + fraction * above) >> shift;
        data[i] = index == INT8_MAX ? below : (q15_t)between;
    }
}
