#include "internal/fixed_point.h"
#include "internal/simd.h"

void arm_relu6_s8(int8_t *data, uint16_t size)
{
    const int8x4_t lowest = four_bytes(0);
    const int8x4_t highest = four_bytes(6);
    const int8_t *const end = data + size;
    for (const int8_t *const full = data + (size & ~3U); data != full; data += 4) {
        store_q7x4(data, min_q7x4(max_q7x4(load_q7x4(data), lowest), highest));
    }
    for (; data != end; data++) {
        *data = (int8_t)clamp(*data, 0, 6);
    }
}
