#include "internal/fixed_point.h"
#include "internal/four_columns_q15.h"
#include "internal/mat_mult_q15.h"
#include "internal/simd.h"

q15_t *mat_mult_2_columns_q15(const q15_t *weights, const q15_t *columns, int32_t rows,
                              int32_t length, uint16_t bias_shift, uint16_t out_shift,
                              const q15_t *bias, q15_t *output)
{
    q15_t *output_2 = output + rows;
    for (; rows > 0; rows -= 2) {
        const q15_t *a = weights;
        const q15_t *b = weights + length;
        const q15_t *x = columns;
        const q15_t *y = columns + length;
        int32_t ax = first_sum(*bias++, bias_shift, out_shift);
        int32_t bx = first_sum(*bias++, bias_shift, out_shift);
        int32_t ay = ax;
        int32_t by = bx;
        weights = b + length;
        if (length >= 4) {
            const q15_t *const full = a + (length & ~3);
            int32_t ta, tb, tx, ty, u;
            __asm__(FOUR_COLUMNS_Q15
                    : [ax] "+r"(ax), [ay] "+r"(ay), [bx] "+r"(bx), [by] "+r"(by), [a] "+r"(a),
                      [b] "+r"(b), [x] "+r"(x), [y] "+r"(y), [ta] "=&r"(ta), [tb] "=&r"(tb),
                      [tx] "=&r"(tx), [ty] "=&r"(ty), [u] "=&r"(u)
                    : [full] "m"(full)
                    : "cc", "memory");
        }
        for (const q15_t *const end = columns + length; x != end; a++, b++, x++, y++) {
            ax = __smlabb(*a, *x, ax);
            ay = __smlabb(*a, *y, ay);
            bx = __smlabb(*b, *x, bx);
            by = __smlabb(*b, *y, by);
        }
        *output++ = ssat_q15(ax >> out_shift);
        *output++ = ssat_q15(bx >> out_shift);
        *output_2++ = ssat_q15(ay >> out_shift);
        *output_2++ = ssat_q15(by >> out_shift);
    }
    return output_2;
}
