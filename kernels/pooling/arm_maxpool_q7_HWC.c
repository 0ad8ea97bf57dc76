#include "internal/maximum.h"
#include "internal/window.h"

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

/** The target may be the first pixel of the box. Loops over short runs unroll. */
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
    const int32_t row_step = input_size * channels;
    const int32_t row_size = output_size * channels;
    /* Rows shrink in place, unless a window would start before the pixel that takes its result. */
    const int32_t in_place = stride > padding || output_size == 1;
    for (int32_t y = 0; in_place && y < input_size; y++) {
        q7_t *const row = input + y * row_step;
        for (int32_t x = 0; x < output_size; x++) {
            const int32_t left = x * stride - padding;
            const struct taps taps = taps_inside(left, kernel_size, input_size);
            const struct box box = run_of(taps.end - taps.first, channels);
            put_maximum(row + x * channels, row + (left + taps.first) * channels, box, channels);
        }
    }
    for (int32_t y = 0; y < output_size; y++) {
        const int32_t top = y * stride - padding;
        const struct taps taps_y = taps_inside(top, kernel_size, input_size);
        const q7_t *const first_row = input + (top + taps_y.first) * row_step;
        const int32_t rows = taps_y.end - taps_y.first;
        if (in_place) {
            const struct box box = run_of(rows, row_step);
            put_maximum(output, first_row, box, row_size);
            output += row_size;
            continue;
        }
        for (int32_t x = 0; x < output_size; x++, output += channels) {
            const int32_t left = x * stride - padding;
            const struct taps taps = taps_inside(left, kernel_size, input_size);
            const struct box box = {channels, taps.end - taps.first, row_step, rows};
            put_maximum(output, first_row + (left + taps.first) * channels, box, channels);
        }
    }
}
