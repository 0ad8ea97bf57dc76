#include "internal/fixed_point.h"

void arm_softmax_q7_portable(const q7_t *input, uint16_t size, q7_t *output)
{
    int32_t maximum = INT8_MIN;
    for (uint32_t i = 0; i < size; i++) {
        maximum = input[i] > maximum ? input[i] : maximum;
    }
    const int32_t base = maximum - 8;
    int32_t total = 0;
    for (uint32_t i = 0; i < size; i++) {
        total += 1 << clamp(input[i] - base, 0, 7);
    }
    const int32_t share = (1 << 20) / total;
    for (uint32_t i = 0; i < size; i++) {
        output[i] = saturate_q7(share >> clamp(13 + base - input[i], 0, 31));
    }
}
