#include "internal/fixed_point.h"

void arm_relu6_s8_portable(int8_t *data, uint16_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        data[i] = (int8_t)clamp(data[i], 0, 6);
    }
}
