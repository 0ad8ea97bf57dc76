/** Addition of q15 vectors. */
#ifndef INTERNAL_ADD_Q15_H
#define INTERNAL_ADD_Q15_H

#include "internal/simd.h"

/** sums += more, saturated. */
static inline void add_q15(q15_t *sums, const q15_t *more, uint32_t size)
{
    const q15_t *const end = sums + size;
    for (const q15_t *const full = sums + (size & ~1U); sums != full; sums += 2, more += 2) {
        store_q15x2(sums, __qadd16(load_q15x2(sums), load_q15x2(more)));
    }
    if (sums != end) {
        *sums = ssat_q15(*sums + *more);
    }
}

#endif
