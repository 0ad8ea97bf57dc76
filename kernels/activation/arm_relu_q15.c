#include "internal/simd.h"

/** Adding zero sets the GE flags of each half that is not negative; SEL takes those halves. */
static inline int16x2_t relu_q15x2(int16x2_t word)
{
    (void)__sadd16(word, 0);
    return (int16x2_t)__sel((uint8x4_t)word, 0);
}

void arm_relu_q15(q15_t *data, uint16_t size)
{
    const q15_t *const end = data + size;
    for (const q15_t *const last = data + (size & ~3U); data != last; data += 4) {
        const int16x2_t low = load_q15x2(data);
        const int16x2_t high = load_q15x2(data + 2);
        store_q15x2(data, relu_q15x2(low));
        store_q15x2(data + 2, relu_q15x2(high));
    }
    for (; data != end; data++) {
        *data = (q15_t)(*data & ~(*data >> 15));
    }
}
