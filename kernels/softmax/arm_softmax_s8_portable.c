#include "internal/softmax_s8.h"

void arm_softmax_s8_portable(const int8_t *input, int32_t rows, int32_t row_size, int32_t mult,
                             int32_t shift, int32_t diff_min, int8_t *output)
{
    for (int32_t i = 0; i < rows; i++, input += row_size, output += row_size) {
        struct softmax_row row = {INT8_MIN, mult, shift, diff_min};
        for (int32_t k = 0; k < row_size; k++) {
            row.maximum = input[k] > row.maximum ? input[k] : row.maximum;
        }
        int32_t sum = 0;
        for (int32_t k = 0; k < row_size; k++) {
            if (input[k] - row.maximum >= diff_min) {
                sum += rounding_shift_right(exp_of_score(input[k], row), 12);
            }
        }
        const struct share share = share_of(sum);
        for (int32_t k = 0; k < row_size; k++) {
            const int32_t counts = input[k] - row.maximum >= diff_min;
            output[k] = counts ? share_s8(exp_of_score(input[k], row), share) : INT8_MIN;
        }
    }
}
