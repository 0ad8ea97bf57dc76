/** The network that tells the words apart: ds_cnn.c, or translated.c with any of the seven. */
#ifndef KWS_SPOTTER_H
#define KWS_SPOTTER_H

#include <stdint.h>

#include "features.h"
#include "stages.h"

enum {
    SPOTTER_CLASSES = 12,
    SPOTTER_FRAMES = 49,
    SPOTTER_INPUTS = SPOTTER_FRAMES * FEATURES_COEFFICIENTS,
    SPOTTER_MOST_STAGES = 16,
};

extern const float spotter_mean[FEATURES_COEFFICIENTS];
extern const float spotter_inv_sigma[FEATURES_COEFFICIENTS];

/**
 * Classify one second.
 *
 * features: [frame][coefficient], a frame every 20 ms, Q2.5.
 * logits: before the softmax; scores: after it; stages: filled in order.
 * Returns how many stages there are.
 */
int spotter_run(const int8_t features[SPOTTER_INPUTS], int16_t logits[SPOTTER_CLASSES],
                int16_t scores[SPOTTER_CLASSES], struct stage stages[SPOTTER_MOST_STAGES]);

#endif
