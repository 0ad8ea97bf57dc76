/** DS-CNN S, written for its kernels by hand. */
#include "spotter.h"

#include <stddef.h>

#include "arm_nnfunctions.h"
#include "core.h"
#include "ds_cnn_s.h"

enum {
    INPUT_X = 10,
    INPUT_Y = 49,
    CONV1_X = 4,
    CONV1_Y = 10,
    SIZE_X = 5,
    SIZE_Y = 25,
    CHANNELS = 64,
    BLOCKS = 4,
    ACTIVATIONS = SIZE_X * SIZE_Y * CHANNELS,
};

_Static_assert(FEATURES_COEFFICIENTS == 10 && !FEATURES_LFBE,
               "DS-CNN S takes 10 MFCC; for networks of other features see make network");

const float spotter_mean[FEATURES_COEFFICIENTS] = KWS_FEATURE_MEAN;
const float spotter_inv_sigma[FEATURES_COEFFICIENTS] = KWS_FEATURE_INV_SIGMA;

static const q7_t conv1_weights[CHANNELS * CONV1_Y * CONV1_X] = CONV1_WT;
static const q7_t conv1_bias[CHANNELS] = CONV1_BIAS;
static const q7_t dw1_weights[9 * CHANNELS] = DW1_WT;
static const q7_t dw1_bias[CHANNELS] = DW1_BIAS;
static const q7_t pw1_weights[CHANNELS * CHANNELS] = PW1_WT;
static const q7_t pw1_bias[CHANNELS] = PW1_BIAS;
static const q7_t dw2_weights[9 * CHANNELS] = DW2_WT;
static const q7_t dw2_bias[CHANNELS] = DW2_BIAS;
static const q7_t pw2_weights[CHANNELS * CHANNELS] = PW2_WT;
static const q7_t pw2_bias[CHANNELS] = PW2_BIAS;
static const q7_t dw3_weights[9 * CHANNELS] = DW3_WT;
static const q7_t dw3_bias[CHANNELS] = DW3_BIAS;
static const q7_t pw3_weights[CHANNELS * CHANNELS] = PW3_WT;
static const q7_t pw3_bias[CHANNELS] = PW3_BIAS;
static const q7_t dw4_weights[9 * CHANNELS] = DW4_WT;
static const q7_t dw4_bias[CHANNELS] = DW4_BIAS;
static const q7_t pw4_weights[CHANNELS * CHANNELS] = PW4_WT;
static const q7_t pw4_bias[CHANNELS] = PW4_BIAS;
static const q7_t fc_weights[SPOTTER_CLASSES * CHANNELS] = FC_WT;
static const q7_t fc_bias[SPOTTER_CLASSES] = FC_BIAS;

struct layer {
    const char *name;
    const q7_t *weights;
    const q7_t *bias;
    uint16_t bias_shift;
    uint16_t out_shift;
};

static const struct {
    struct layer depthwise;
    struct layer pointwise;
} blocks[BLOCKS] = {
    {{"dw1", dw1_weights, dw1_bias, DW1_BIAS_SHIFT, DW1_OUT_SHIFT},
     {"pw1", pw1_weights, pw1_bias, PW1_BIAS_SHIFT, PW1_OUT_SHIFT}},
    {{"dw2", dw2_weights, dw2_bias, DW2_BIAS_SHIFT, DW2_OUT_SHIFT},
     {"pw2", pw2_weights, pw2_bias, PW2_BIAS_SHIFT, PW2_OUT_SHIFT}},
    {{"dw3", dw3_weights, dw3_bias, DW3_BIAS_SHIFT, DW3_OUT_SHIFT},
     {"pw3", pw3_weights, pw3_bias, PW3_BIAS_SHIFT, PW3_OUT_SHIFT}},
    {{"dw4", dw4_weights, dw4_bias, DW4_BIAS_SHIFT, DW4_OUT_SHIFT},
     {"pw4", pw4_weights, pw4_bias, PW4_BIAS_SHIFT, PW4_OUT_SHIFT}},
};

int spotter_run(const int8_t features[SPOTTER_INPUTS], int16_t logits[SPOTTER_CLASSES],
                int16_t scores[SPOTTER_CLASSES], struct stage stages[SPOTTER_MOST_STAGES])
{
    static q7_t a[ACTIVATIONS];
    static q7_t b[ACTIVATIONS];
    static q7_t pooled[CHANNELS];
    static q15_t columns[2 * CHANNELS];
    static q7_t before[SPOTTER_CLASSES];
    static q7_t after[SPOTTER_CLASSES];
    struct stage *stage = stages;
    uint32_t since = cycle_count();

    arm_convolve_HWC_q7_basic_nonsquare(features, INPUT_X, INPUT_Y, 1, conv1_weights, CHANNELS,
                                        CONV1_X, CONV1_Y, 1, 4, 2, 2, conv1_bias, CONV1_BIAS_SHIFT,
                                        CONV1_OUT_SHIFT, a, SIZE_X, SIZE_Y, columns, NULL);
    arm_relu_q7(a, ACTIVATIONS);
    stage = finish_stage(stage, "conv1", &since);

    for (int block = 0; block < BLOCKS; block++) {
        const struct layer *layer = &blocks[block].depthwise;
        arm_depthwise_separable_conv_HWC_q7_nonsquare(
            a, SIZE_X, SIZE_Y, CHANNELS, layer->weights, CHANNELS, 3, 3, 1, 1, 1, 1, layer->bias,
            layer->bias_shift, layer->out_shift, b, SIZE_X, SIZE_Y, NULL, NULL);
        arm_relu_q7(b, ACTIVATIONS);
        stage = finish_stage(stage, layer->name, &since);

        layer = &blocks[block].pointwise;
        arm_convolve_1x1_HWC_q7_fast_nonsquare(
            b, SIZE_X, SIZE_Y, CHANNELS, layer->weights, CHANNELS, 1, 1, 0, 0, 1, 1, layer->bias,
            layer->bias_shift, layer->out_shift, a, SIZE_X, SIZE_Y, columns, NULL);
        arm_relu_q7(a, ACTIVATIONS);
        stage = finish_stage(stage, layer->name, &since);
    }

    arm_avepool_q7_HWC_nonsquare(a, SIZE_X, SIZE_Y, CHANNELS, SIZE_X, SIZE_Y, 0, 0, 1, 1, 1, 1,
                                 NULL, pooled, POOL_OUT_LSHIFT);
    stage = finish_stage(stage, "pool", &since);

    arm_fully_connected_q7(pooled, fc_weights, CHANNELS, SPOTTER_CLASSES, FC_BIAS_SHIFT,
                           FC_OUT_SHIFT, fc_bias, before, columns);
    stage = finish_stage(stage, "fc", &since);

    arm_softmax_q7(before, SPOTTER_CLASSES, after);
    stage = finish_stage(stage, "softmax", &since);

    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        logits[i] = before[i];
        scores[i] = after[i];
    }
    return (int)(stage - stages);
}
