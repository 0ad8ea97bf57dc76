#include "network.h"

#include <stddef.h>

#include "arm_nnfunctions.h"
#include "cifar10_weights.h"
#include "core.h"

enum {
    SIZE1 = NETWORK_SIZE,
    SIZE2 = SIZE1 / 2,
    SIZE3 = SIZE2 / 2,
    SIZE4 = SIZE3 / 2,
    CHANNELS1 = 32,
    CHANNELS2 = 32,
    CHANNELS3 = 64,
    KERNEL = 5,
    PADDING = 2,
    LARGEST = SIZE1 * SIZE1 * CHANNELS1,
    POOLED = SIZE2 * SIZE2 * CHANNELS1,
    FEATURES = SIZE4 * SIZE4 * CHANNELS3,
    COLUMN = KERNEL * KERNEL * CHANNELS2,
};

static const q7_t conv1_weights[CHANNELS1 * KERNEL * KERNEL * 3] = CONV1_WT;
static const q7_t conv1_bias[CHANNELS1] = CONV1_BIAS;
static const q7_t conv2_weights[CHANNELS2 * KERNEL * KERNEL * CHANNELS1] = CONV2_WT;
static const q7_t conv2_bias[CHANNELS2] = CONV2_BIAS;
static const q7_t conv3_weights[CHANNELS3 * KERNEL * KERNEL * CHANNELS2] = CONV3_WT;
static const q7_t conv3_bias[CHANNELS3] = CONV3_BIAS;
static const q7_t fc_weights[NETWORK_CLASSES * FEATURES] = FC_WT;
static const q7_t fc_bias[NETWORK_CLASSES] = FC_BIAS;

/* What convolutions write, and behind it what is pooled from that. */
static q7_t activations[LARGEST + POOLED];
static q7_t image[NETWORK_INPUTS];
/* Two columns of a convolution; the vector of the fully connected layer is shorter. */
static q15_t columns[2 * COLUMN];

/** Bring pixels to q7: half the distance from the mean of their colour, rounded. */
static void centre_pixels(const uint8_t *pixels)
{
    static const int mean[3] = INPUT_MEAN;
    for (int i = 0; i < NETWORK_INPUTS; i += 3) {
        for (int colour = 0; colour < 3; colour++) {
            image[i + colour] = (q7_t)((pixels[i + colour] - mean[colour] + 1) >> 1);
        }
    }
}

void network_run(const uint8_t pixels[NETWORK_INPUTS], int8_t logits[NETWORK_CLASSES],
                 int8_t scores[NETWORK_CLASSES], struct stage stages[NETWORK_STAGES])
{
    q7_t *const wide = activations;
    q7_t *const pooled = activations + LARGEST;
    struct stage *stage = stages;
    uint32_t since = cycle_count();

    centre_pixels(pixels);
    stage = finish_stage(stage, "input", &since);

    arm_convolve_HWC_q7_RGB(image, SIZE1, 3, conv1_weights, CHANNELS1, KERNEL, PADDING, 1,
                            conv1_bias, CONV1_BIAS_SHIFT, CONV1_OUT_SHIFT, wide, SIZE1, columns,
                            NULL);
    arm_relu_q7(wide, LARGEST);
    stage = finish_stage(stage, "conv1", &since);
    arm_maxpool_q7_HWC(wide, SIZE1, CHANNELS1, 3, 0, 2, SIZE2, NULL, pooled);
    stage = finish_stage(stage, "pool1", &since);

    arm_convolve_HWC_q7_fast(pooled, SIZE2, CHANNELS1, conv2_weights, CHANNELS2, KERNEL, PADDING, 1,
                             conv2_bias, CONV2_BIAS_SHIFT, CONV2_OUT_SHIFT, wide, SIZE2, columns,
                             NULL);
    arm_relu_q7(wide, SIZE2 * SIZE2 * CHANNELS2);
    stage = finish_stage(stage, "conv2", &since);
    arm_maxpool_q7_HWC(wide, SIZE2, CHANNELS2, 3, 0, 2, SIZE3, NULL, pooled);
    stage = finish_stage(stage, "pool2", &since);

    arm_convolve_HWC_q7_fast(pooled, SIZE3, CHANNELS2, conv3_weights, CHANNELS3, KERNEL, PADDING, 1,
                             conv3_bias, CONV3_BIAS_SHIFT, CONV3_OUT_SHIFT, wide, SIZE3, columns,
                             NULL);
    arm_relu_q7(wide, SIZE3 * SIZE3 * CHANNELS3);
    stage = finish_stage(stage, "conv3", &since);
    arm_maxpool_q7_HWC(wide, SIZE3, CHANNELS3, 3, 0, 2, SIZE4, NULL, pooled);
    stage = finish_stage(stage, "pool3", &since);

    arm_fully_connected_q7_opt(pooled, fc_weights, FEATURES, NETWORK_CLASSES, FC_BIAS_SHIFT,
                               FC_OUT_SHIFT, fc_bias, logits, columns);
    stage = finish_stage(stage, "fc", &since);

    arm_softmax_q7(logits, NETWORK_CLASSES, scores);
    finish_stage(stage, "softmax", &since);
}
