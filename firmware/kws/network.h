/** DS-CNN S: the network that tells the words apart. */
#ifndef KWS_NETWORK_H
#define KWS_NETWORK_H

#include <stdint.h>

#include "stages.h"

enum { NETWORK_CLASSES = 12, NETWORK_INPUTS = 490 };

/** conv1, dw1, pw1, ... dw4, pw4, pool, fc, softmax. */
enum { NETWORK_STAGES = 12 };

extern const float network_feature_mean[10];
extern const float network_feature_inv_sigma[10];

/**
 * Classify one clip.
 *
 * features: [49 frames][10 coefficients], Q2.5.
 * logits: before the softmax; scores: after it, 127 for certainty; stages: filled in order.
 */
void network_run(const int8_t features[NETWORK_INPUTS], int8_t logits[NETWORK_CLASSES],
                 int8_t scores[NETWORK_CLASSES], struct stage stages[NETWORK_STAGES]);

#endif
