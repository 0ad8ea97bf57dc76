/** Any network, as tools/translate.py has written it. */
#include "spotter.h"

#include "network.h"
#include "standard.h"

enum { EVERY = SPOTTER_INPUTS / NETWORK_INPUT_SIZE + (SPOTTER_INPUTS % NETWORK_INPUT_SIZE != 0) };

_Static_assert(NETWORK_LOGITS_SIZE == SPOTTER_CLASSES, "the network knows other classes");
_Static_assert(NETWORK_SCORES_SIZE == SPOTTER_CLASSES, "the network knows other classes");
_Static_assert((SPOTTER_FRAMES + EVERY - 1) / EVERY * FEATURES_COEFFICIENTS == NETWORK_INPUT_SIZE,
               "the network takes another number of features; see make network");
_Static_assert(KWS_FEATURE_LFBE == FEATURES_LFBE, "the network takes features of another kind");
_Static_assert(NETWORK_LAYERS <= SPOTTER_MOST_STAGES, "the network has too many layers");

const float spotter_mean[FEATURES_COEFFICIENTS] = KWS_FEATURE_MEAN;
const float spotter_inv_sigma[FEATURES_COEFFICIENTS] = KWS_FEATURE_INV_SIGMA;

static struct stage *booked;
static uint32_t since;

static void book(int layer)
{
    booked = finish_stage(booked, network_layers[layer], &since);
}

int spotter_run(const int8_t features[SPOTTER_INPUTS], int16_t logits[SPOTTER_CLASSES],
                int16_t scores[SPOTTER_CLASSES], struct stage stages[SPOTTER_MOST_STAGES])
{
    static network_logits_t before[NETWORK_LOGITS_SIZE];
    static network_scores_t after[NETWORK_SCORES_SIZE];
    int8_t *const input = network_arena + NETWORK_INPUT_PLACE;
    booked = stages;
    since = cycle_count();
    for (int i = 0; i < NETWORK_INPUT_SIZE; i++) {
        const int frame = i / FEATURES_COEFFICIENTS * EVERY;
        input[i] = features[frame * FEATURES_COEFFICIENTS + i % FEATURES_COEFFICIENTS];
    }
    network_run(input, before, after, book);
    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        logits[i] = before[i];
        scores[i] = after[i];
    }
    return NETWORK_LAYERS;
}
