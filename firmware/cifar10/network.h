/** The network of the CMSIS-NN paper: an image of 32 x 32 pixels, one of ten classes. */
#ifndef CIFAR10_NETWORK_H
#define CIFAR10_NETWORK_H

#include <stdint.h>

#include "stages.h"

enum { NETWORK_CLASSES = 10, NETWORK_SIZE = 32, NETWORK_INPUTS = 3 * NETWORK_SIZE * NETWORK_SIZE };

/** input, conv1, pool1, conv2, pool2, conv3, pool3, fc, softmax; a conv with its ReLU. */
enum { NETWORK_STAGES = 9 };

/**
 * Classify one image.
 *
 * pixels: [32 rows][32 columns][red, green, blue].
 * logits: before the softmax; scores: after it, 127 for certainty; stages: filled in order.
 */
void network_run(const uint8_t pixels[NETWORK_INPUTS], int8_t logits[NETWORK_CLASSES],
                 int8_t scores[NETWORK_CLASSES], struct stage stages[NETWORK_STAGES]);

#endif
