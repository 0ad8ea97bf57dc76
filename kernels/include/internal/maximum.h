/** The greatest of all pixels in a box. */
#ifndef INTERNAL_MAXIMUM_H
#define INTERNAL_MAXIMUM_H

#include "internal/box.h"
#include "internal/simd.h"

static inline __attribute__((always_inline)) int8x4_t maximum_of_4(const q7_t *source,
                                                                   struct box box)
{
    int8x4_t result = load_q7x4(source);
    for (int32_t row = 0; row < box.rows; row++) {
        const q7_t *pixel = source + row * box.row_step;
        for (int32_t k = row == 0 ? 1 : 0; k < box.count; k++) {
            result = max_q7x4(result, load_q7x4(pixel + k * box.step));
        }
    }
    return result;
}

static inline __attribute__((always_inline)) q7_t maximum_of_1(const q7_t *source, struct box box)
{
    q7_t result = *source;
    for (int32_t row = 0; row < box.rows; row++) {
        const q7_t *pixel = source + row * box.row_step;
        for (int32_t k = 0; k < box.count; k++) {
            const q7_t value = pixel[k * box.step];
            result = value > result ? value : result;
        }
    }
    return result;
}

#endif
