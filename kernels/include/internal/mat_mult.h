/** Products of a q7 matrix with q15 columns; the loops behind convolutions and layers. */
#ifndef INTERNAL_MAT_MULT_H
#define INTERNAL_MAT_MULT_H

#include "internal/eight_columns.h"
#include "internal/fixed_point.h"
#include "internal/simd.h"

/** How four weights are widened: the order in which the columns stand. */
typedef struct q15x4 widen_function(int8x4_t word);

/** sum + row * column. */
static inline __attribute__((always_inline)) int32_t dot(widen_function *order, const q7_t *row,
                                                         const q15_t *column, uint32_t length,
                                                         int32_t sum)
{
    const q7_t *const end = row + length;
    for (const q7_t *const last = row + (length & ~3U); row != last; row += 4, column += 4) {
        const struct q15x4 w = order(load_q7x4(row));
        sum = __smlad(w.first, load_q15x2(column), sum);
        sum = __smlad(w.second, load_q15x2(column + 2), sum);
    }
    while (row != end) {
        sum = __smlabb(*row++, *column++, sum);
    }
    return sum;
}

/** Two columns; of an odd number of values, the last of the second may stand apart. */
struct columns_2 {
    const q15_t *x;
    const q15_t *y;
    const q15_t *last_y;
};

/** Two columns, `step` apart. */
static inline struct columns_2 columns_apart(const q15_t *columns, uint32_t step, uint32_t length)
{
    const q15_t *const y = columns + step;
    return (struct columns_2){columns, y, y + length - 1};
}

/** Sums of two rows, a and b, times two columns, x and y. */
struct sums_2x2 {
    int32_t ax;
    int32_t bx;
    int32_t ay;
    int32_t by;
};

/**
 * Two rows, one behind the other, times two columns: each value loaded serves two products. More
 * rows would not fit the register file.
 */
static inline __attribute__((always_inline)) struct sums_2x2
dot_2x2(widen_function *order, const q7_t *rows, struct columns_2 columns, uint32_t length,
        struct sums_2x2 sums)
{
    const q15_t *x = columns.x;
    const q15_t *y = columns.y;
    const q7_t *a = rows;
    const q7_t *b = rows + length;
    int32_t ax = sums.ax;
    int32_t bx = sums.bx;
    int32_t ay = sums.ay;
    int32_t by = sums.by;
    uint32_t rest = length;
    if (order == widen_reordered && length >= 8) {
        /* A compiler finds neither the order nor this allocation of all fourteen registers. */
        const q7_t *const end = a + (length & ~7U);
        int32_t wa, wb, ta, tb, tx, ty;
        __asm__(EIGHT_COLUMNS
                : [ax] "+r"(ax), [ay] "+r"(ay), [bx] "+r"(bx), [by] "+r"(by), [a] "+r"(a),
                  [b] "+r"(b), [x] "+r"(x), [y] "+r"(y), [wa] "=&r"(wa), [wb] "=&r"(wb),
                  [ta] "=&r"(ta), [tb] "=&r"(tb), [tx] "=&r"(tx), [ty] "=&r"(ty)
                : [end] "m"(end)
                : "cc", "memory");
        rest = length & 7U;
    }
    for (; rest >= 4; rest -= 4, a += 4, b += 4, x += 4, y += 4) {
        const struct q15x4 wa = order(load_q7x4(a));
        const struct q15x4 wb = order(load_q7x4(b));
        const int16x2_t x0 = load_q15x2(x);
        const int16x2_t y0 = load_q15x2(y);
        ax = __smlad(wa.first, x0, ax);
        ay = __smlad(wa.first, y0, ay);
        bx = __smlad(wb.first, x0, bx);
        by = __smlad(wb.first, y0, by);
        const int16x2_t x1 = load_q15x2(x + 2);
        const int16x2_t y1 = load_q15x2(y + 2);
        ax = __smlad(wa.second, x1, ax);
        ay = __smlad(wa.second, y1, ay);
        bx = __smlad(wb.second, x1, bx);
        by = __smlad(wb.second, y1, by);
    }
    for (; rest != 0; rest--, a++, b++, x++, y++) {
        const q15_t y_value = rest == 1 ? *columns.last_y : *y;
        ax = __smlabb(*a, *x, ax);
        ay = __smlabb(*a, y_value, ay);
        bx = __smlabb(*b, *x, bx);
        by = __smlabb(*b, y_value, by);
    }
    return (struct sums_2x2){ax, bx, ay, by};
}

/** Multiply a matrix by two columns; return the address behind the output. */
static inline __attribute__((always_inline)) q7_t *
mat_mult_2_columns(widen_function *order, const q7_t *weights, struct columns_2 columns,
                   uint16_t output_channels, uint16_t column_length, uint16_t bias_shift,
                   uint16_t out_shift, const q7_t *bias, q7_t *output)
{
    const uint32_t length = column_length;
    q7_t *output_2 = output + output_channels;
    const q7_t *const end = output_2;
    for (const q7_t *const last = output + (output_channels & ~1U); output != last;) {
        const int32_t a = first_sum(*bias++, bias_shift, out_shift);
        const int32_t b = first_sum(*bias++, bias_shift, out_shift);
        const struct sums_2x2 sums =
            dot_2x2(order, weights, columns, length, (struct sums_2x2){a, b, a, b});
        weights += 2 * length;
        *output++ = ssat_q7(sums.ax >> out_shift);
        *output++ = ssat_q7(sums.bx >> out_shift);
        *output_2++ = ssat_q7(sums.ay >> out_shift);
        *output_2++ = ssat_q7(sums.by >> out_shift);
    }
    if (output != end) {
        const int32_t start = first_sum(*bias, bias_shift, out_shift);
        const int32_t x = dot(order, weights, columns.x, length, start);
        const uint32_t apart = columns.last_y != columns.y + length - 1;
        int32_t y = dot(order, weights, columns.y, length - apart, start);
        if (apart) {
            y = __smlabb(weights[length - 1], *columns.last_y, y);
        }
        *output++ = ssat_q7(x >> out_shift);
        *output_2++ = ssat_q7(y >> out_shift);
    }
    return output_2;
}

/** The same with each column in the order of arm_q7_to_q15_reordered_no_shift. */
q7_t *mat_mult_2_columns_reordered(const q7_t *weights, struct columns_2 columns,
                                   uint16_t output_channels, uint16_t column_length,
                                   uint16_t bias_shift, uint16_t out_shift, const q7_t *bias,
                                   q7_t *output);

/** Multiply a matrix by one reordered column. */
void mat_mult_column_reordered(const q7_t *weights, const q15_t *column, uint16_t rows,
                               uint16_t length, uint16_t bias_shift, uint16_t out_shift,
                               const q7_t *bias, q7_t *output);

#endif
