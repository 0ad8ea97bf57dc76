/** The last 40 ms of sound. */
#ifndef FEATURES_FRAME_H
#define FEATURES_FRAME_H

#include "features.h"
#include "internal/simd.h"

/** Drop the oldest samples for new ones: 320 or 640. */
static inline void append(int16_t frame[FEATURES_FRAME], const int16_t *samples, uint32_t count)
{
    const uint32_t kept = FEATURES_FRAME - count;
    for (uint32_t i = 0; i < kept; i += 2) {
        store_q15x2(frame + i, load_q15x2(frame + count + i));
    }
    for (uint32_t i = 0; i < count; i += 2) {
        store_q15x2(frame + kept + i, load_q15x2(samples + i));
    }
}

#endif
