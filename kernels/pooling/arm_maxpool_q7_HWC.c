#include "internal/maximum.h"
#include "internal/pool_square.h"

static inline __attribute__((always_inline)) void put_maximum_of(q7_t *target, const q7_t *source,
                                                                 struct box box, int32_t size)
{
    for (; size >= 4; size -= 4, target += 4, source += 4) {
        store_q7x4(target, maximum_of_4(source, box));
    }
    for (; size > 0; size--, target++, source++) {
        *target = maximum_of_1(source, box);
    }
}

/** Loops over short runs unroll. */
static void put_maximum(q7_t *target, const q7_t *source, struct box box, int32_t size)
{
    if (box.rows == 1 && box.count == 3) {
        put_maximum_of(target, source, run_of(3, box.step), size);
    } else if (box.rows == 1 && box.count == 2) {
        put_maximum_of(target, source, run_of(2, box.step), size);
    } else {
        put_maximum_of(target, source, box, size);
    }
}

void arm_maxpool_q7_HWC(q7_t *input, uint16_t input_size, uint16_t channels, uint16_t kernel_size,
                        uint16_t padding, uint16_t stride, uint16_t output_size,
                        q7_t *unused_buffer, q7_t *output)
{
    (void)unused_buffer;
    pool_square(input, input_size, channels, kernel_size, padding, stride, output_size, output,
                put_maximum);
}
