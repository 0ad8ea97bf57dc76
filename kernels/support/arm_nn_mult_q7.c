#include "internal/simd.h"

void arm_nn_mult_q7(q7_t *a, q7_t *b, q7_t *output, uint16_t out_shift, uint32_t size)
{
    const int32_t round = (1 << out_shift) >> 1;
    const q7_t *const end = a + size;
    for (const q7_t *const last = a + (size & ~3U); a != last; a += 4, b += 4, output += 4) {
        const struct q15x4 x = widen_reordered(load_q7x4(a));
        const struct q15x4 y = widen_reordered(load_q7x4(b));
        const int32_t byte_0 = __smlabb(x.first, y.first, round) >> out_shift;
        const int32_t byte_1 = __smlabb(x.second, y.second, round) >> out_shift;
        const int32_t byte_2 = __smlatt(x.first, y.first, round) >> out_shift;
        const int32_t byte_3 = __smlatt(x.second, y.second, round) >> out_shift;
        store_q7x4(output,
                   pack_q7x4(ssat_q7(byte_0), ssat_q7(byte_1), ssat_q7(byte_2), ssat_q7(byte_3)));
    }
    for (; a != end; a++, b++) {
        *output++ = ssat_q7((*a * *b + round) >> out_shift);
    }
}
