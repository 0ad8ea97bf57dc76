#include "internal/simd.h"
#include "internal/softmax_s8.h"

static int32_t maximum_of(const int8_t *input, int32_t size)
{
    int32_t result = INT8_MIN;
    int8x4_t four = four_bytes(INT8_MIN);
    const int8_t *const end = input + size;
    for (const int8_t *const full = input + (size & ~3); input != full; input += 4) {
        four = max_q7x4(four, load_q7x4(input));
    }
    for (int32_t byte = 0; byte < 4; byte++, four >>= 8) {
        result = (int8_t)four > result ? (int8_t)four : result;
    }
    for (; input != end; input++) {
        result = *input > result ? *input : result;
    }
    return result;
}

void arm_softmax_s8(const int8_t *input, int32_t rows, int32_t row_size, int32_t mult,
                    int32_t shift, int32_t diff_min, int8_t *output)
{
    for (int32_t i = 0; i < rows; i++, input += row_size, output += row_size) {
        const struct softmax_row row = {maximum_of(input, row_size), mult, shift, diff_min};
        /* The exponential is the costly part, and scores are often alike: the last is kept. */
        int32_t last = row.maximum;
        int32_t exponential = INT32_MAX;
        int32_t sum = 0;
        for (int32_t k = 0; k < row_size; k++) {
            if (input[k] - row.maximum < diff_min) {
                continue;
            }
            if (input[k] != last) {
                last = input[k];
                exponential = exp_of_score(last, row);
            }
            sum += rounding_shift_right(exponential, 12);
        }
        const struct share share = share_of(sum);
        for (int32_t k = 0; k < row_size; k++) {
            if (input[k] - row.maximum < diff_min) {
                output[k] = INT8_MIN;
                continue;
            }
            if (input[k] != last) {
                last = input[k];
                exponential = exp_of_score(last, row);
            }
            output[k] = share_s8(exponential, share);
        }
    }
}
