/** The greatest of all pixels in a box. */
#ifndef INTERNAL_MAXIMUM_H
#define INTERNAL_MAXIMUM_H

#include "internal/box.h"
#include "internal/simd.h"

static inline int8x4_t maximum_of_4(const q7_t *source, struct box box)
{
    int8x4_t result = load_q7x4(source);
    for (; box.rows > 0; box.rows--) {
        const q7_t *pixel = source;
        for (int32_t count = box.count; count > 0; count--, pixel += box.step) {
            result = max_q7x4(result, load_q7x4(pixel));
        }
        source += box.row_step;
    }
    return result;
}

static inline q7_t maximum_of_1(const q7_t *source, struct box box)
{
    q7_t result = *source;
    for (; box.rows > 0; box.rows--) {
        const q7_t *pixel = source;
        for (int32_t count = box.count; count > 0; count--, pixel += box.step) {
            result = *pixel > result ? *pixel : result;
        }
        source += box.row_step;
    }
    return result;
}

#endif
