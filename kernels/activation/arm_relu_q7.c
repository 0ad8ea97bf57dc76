#include "internal/simd.h"

/** Adding zero sets a GE flag for each byte that is not negative; SEL takes those bytes. */
static inline int8x4_t relu_q7x4(int8x4_t word)
{
    (void)__sadd8(word, 0);
    return (int8x4_t)__sel((uint8x4_t)word, 0);
}

void arm_relu_q7(q7_t *data, uint16_t size)
{
    const q7_t *const end = data + size;
    for (const q7_t *const last = data + (size & ~7U); data != last; data += 8) {
        const int8x4_t low = load_q7x4(data);
        const int8x4_t high = load_q7x4(data + 4);
        store_q7x4(data, relu_q7x4(low));
        store_q7x4(data + 4, relu_q7x4(high));
    }
    for (; data != end; data++) {
        *data = (q7_t)(*data & ~(*data >> 7));
    }
}
