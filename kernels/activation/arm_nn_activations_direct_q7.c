#include "arm_nn_tables.h"
#include "internal/simd.h"

void arm_nn_activations_direct_q7(q7_t *data, uint16_t size, uint16_t int_width,
                                  arm_nn_activation_type type)
{
    const q7_t *const table = type == ARM_SIGMOID ? sigmoidTable_q7 : tanhTable_q7;
    const int32_t shift = 3 - int_width;
    const q7_t *const end = data + size;
    for (const q7_t *const last = data + (size & ~3U); data != last; data += 4) {
        /* In pairs: what slides from the upper half into the lower is cut off with its index. */
        const int8x4_t word = load_q7x4(data);
        const uint32_t even = (uint32_t)(even_bytes(word) >> shift);
        const uint32_t odd = (uint32_t)(odd_bytes(word) >> shift);
        store_q7x4(data, pack_q7x4(table[even & 0xFFU], table[odd & 0xFFU],
                                   table[even >> 16 & 0xFFU], table[odd >> 16 & 0xFFU]));
    }
    for (; data != end; data++) {
        *data = table[(uint8_t)(*data >> shift)];
    }
}
