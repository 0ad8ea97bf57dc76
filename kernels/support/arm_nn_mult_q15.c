#include "internal/simd.h"

void arm_nn_mult_q15(q15_t *a, q15_t *b, q15_t *output, uint16_t out_shift, uint32_t size)
{
    const int32_t round = (1 << out_shift) >> 1;
    const q15_t *const end = a + size;
    for (const q15_t *const last = a + (size & ~1U); a != last; a += 2, b += 2, output += 2) {
        const int16x2_t x = load_q15x2(a);
        const int16x2_t y = load_q15x2(b);
        const q15_t low = ssat_q15(__smlabb(x, y, round) >> out_shift);
        const q15_t high = ssat_q15(__smlatt(x, y, round) >> out_shift);
        store_q15x2(output, low_halves(low, high));
    }
    if (a != end) {
        *output = ssat_q15(__smlabb(*a, *b, round) >> out_shift);
    }
}
