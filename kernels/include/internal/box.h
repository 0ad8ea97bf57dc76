/** What pooling reduces to one pixel. */
#ifndef INTERNAL_BOX_H
#define INTERNAL_BOX_H

#include <stdint.h>

/** `rows` runs, `row_step` bytes apart, of `count` pixels, `step` bytes apart; at least one. */
struct box {
    int32_t step;
    int32_t count;
    int32_t row_step;
    int32_t rows;
};

/** One run of so many pixels. */
static inline struct box run_of(int32_t count, int32_t step)
{
    return (struct box){step, count, 0, 1};
}

#endif
