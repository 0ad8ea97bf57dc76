#include "internal/simd.h"

void arm_q7_to_q15_reordered_no_shift(const q7_t *input, q15_t *output, uint32_t size)
{
    const q7_t *const end = input + size;
    for (const q7_t *const last = input + (size & ~3U); input != last; input += 4, output += 4) {
        const struct q15x4 wide = widen_reordered(load_q7x4(input));
        store_q15x2(output, wide.first);
        store_q15x2(output + 2, wide.second);
    }
    while (input != end) {
        *output++ = *input++;
    }
}
