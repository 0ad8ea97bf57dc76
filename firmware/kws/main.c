/** Hears a word: one second of sound in, the word and the cycles it took out. */
#include <stdio.h>
#include <string.h>

#include "clip_yes.h"
#include "core.h"
#include "mfcc.h"
#include "network.h"
#include "wav.h"

static const char *const WORDS[NETWORK_CLASSES] = {
    "silence", "unknown", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go",
};

static void print_numbers(const char *name, const int8_t *numbers, int count)
{
    printf("%s:", name);
    for (int i = 0; i < count; i++) {
        printf(" %d", numbers[i]);
    }
    putchar('\n');
}

static int index_of_largest(const int8_t *numbers, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        best = numbers[i] > numbers[best] ? i : best;
    }
    return best;
}

/** The share of one score in all of them. */
static int percent(const int8_t *scores, int chosen)
{
    int total = 0;
    for (int i = 0; i < NETWORK_CLASSES; i++) {
        total += scores[i];
    }
    return (200 * scores[chosen] + total) / (2 * total);
}

int main(int argc, char **argv)
{
    static int16_t clip[MFCC_CLIP_SAMPLES];
    static int8_t features[NETWORK_INPUTS];
    static int8_t logits[NETWORK_CLASSES];
    static int8_t scores[NETWORK_CLASSES];
    struct stage stages[1 + NETWORK_STAGES];
    const char *path = NULL;
    int details = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--scores") == 0) {
            details = 1;
        } else if (argv[i][0] == '-' || path != NULL) {
            fprintf(stderr, "kws: %s: not understood; usage: kws.elf [--scores] [CLIP.wav]\n",
                    argv[i]);
            return 1;
        } else {
            path = argv[i];
        }
    }
    if (path == NULL) {
        memcpy(clip, CLIP_YES, sizeof clip);
    } else if (!wav_read(path, clip)) {
        return 1;
    }

    const uint32_t start = cycle_count();
    mfcc_q7(clip, network_feature_mean, network_feature_inv_sigma, features);
    stages[0] = (struct stage){"mfcc", cycle_count() - start};
    network_run(features, logits, scores, stages + 1);

    const int chosen = index_of_largest(logits, NETWORK_CLASSES);
    printf("%s %d %%\n\n", WORDS[chosen], percent(scores, chosen));
    print_stages(stages, 1 + NETWORK_STAGES);
    putchar('\n');
    print_numbers("scores", scores, NETWORK_CLASSES);
    if (details) {
        print_numbers("logits", logits, NETWORK_CLASSES);
        print_numbers("features", features, NETWORK_INPUTS);
    }
    return 0;
}
