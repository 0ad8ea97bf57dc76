#include "internal/average.h"
#include "internal/pool_square.h"

/** What the sums along x and y are multiplied with. */
struct divisors {
    int32_t by_count;
    int32_t by_rows;
};

static inline __attribute__((always_inline)) int8x4_t average_of_4(const q7_t *source,
                                                                   struct box box,
                                                                   struct divisors divisors)
{
    int16x2_t even_rows = 0;
    int16x2_t odd_rows = 0;
    for (int32_t row = 0; row < box.rows; row++) {
        const q7_t *pixel = source + row * box.row_step;
        int16x2_t even = 0;
        int16x2_t odd = 0;
        for (int32_t k = 0; k < box.count; k++) {
            const int8x4_t word = load_q7x4(pixel + k * box.step);
            even = add_even_bytes(even, word);
            odd = add_odd_bytes(odd, word);
        }
        const int8x4_t average = divide_q7x4(even, odd, divisors.by_count);
        if (box.rows == 1) {
            return average;
        }
        even_rows = add_even_bytes(even_rows, average);
        odd_rows = add_odd_bytes(odd_rows, average);
    }
    return divide_q7x4(even_rows, odd_rows, divisors.by_rows);
}

static inline __attribute__((always_inline)) q7_t average_of_1(const q7_t *source, struct box box)
{
    int32_t sum_of_rows = 0;
    for (int32_t row = 0; row < box.rows; row++) {
        const q7_t *pixel = source + row * box.row_step;
        int32_t sum = 0;
        for (int32_t k = 0; k < box.count; k++) {
            sum += pixel[k * box.step];
        }
        sum_of_rows += sum / box.count;
    }
    return (q7_t)(sum_of_rows / box.rows);
}

static inline __attribute__((always_inline)) void put_average_of(q7_t *target, const q7_t *source,
                                                                 struct box box, int32_t size)
{
    const struct divisors divisors = {reciprocal(box.count), reciprocal(box.rows)};
    for (; size >= 4; size -= 4, target += 4, source += 4) {
        store_q7x4(target, average_of_4(source, box, divisors));
    }
    for (; size > 0; size--, target++, source++) {
        *target = average_of_1(source, box);
    }
}

/** Loops over short runs unroll. */
static void put_average(q7_t *target, const q7_t *source, struct box box, int32_t size)
{
    if (box.rows == 1 && box.count == 3) {
        put_average_of(target, source, run_of(3, box.step), size);
    } else if (box.rows == 1 && box.count == 2) {
        put_average_of(target, source, run_of(2, box.step), size);
    } else {
        put_average_of(target, source, box, size);
    }
}

void arm_avepool_q7_HWC(q7_t *input, uint16_t input_size, uint16_t channels, uint16_t kernel_size,
                        uint16_t padding, uint16_t stride, uint16_t output_size,
                        q7_t *unused_buffer, q7_t *output)
{
    (void)unused_buffer;
    pool_square(input, input_size, channels, kernel_size, padding, stride, output_size, output,
                put_average);
}
