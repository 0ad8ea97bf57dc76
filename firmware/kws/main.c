/** Hears words: one in a clip of a second, or each in a longer recording, and the time it takes. */
#include <stdio.h>
#include <string.h>

#include "clip_yes.h"
#include "core.h"
#include "features.h"
#include "listen.h"
#include "spotter.h"
#include "wav.h"

enum { CLIP = WAV_RATE_HZ };

const char *const spotter_words[SPOTTER_CLASSES] = {
    "silence", "unknown", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go",
};

static void print_numbers(const char *name, const int16_t *numbers, int count)
{
    printf("%s:", name);
    for (int i = 0; i < count; i++) {
        printf(" %d", numbers[i]);
    }
    putchar('\n');
}

static int index_of_largest(const int16_t *numbers, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++) {
        best = numbers[i] > numbers[best] ? i : best;
    }
    return best;
}

/** The share of one score in all of them. */
static int percent(const int16_t *scores, int chosen)
{
    int total = 0;
    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        total += scores[i];
    }
    return (200 * scores[chosen] + total) / (2 * total);
}

/** Make the features of a clip in single precision. */
static void clip_features(const int16_t clip[CLIP], int8_t features[SPOTTER_INPUTS])
{
    static struct features_float state;
    uint32_t fresh = FEATURES_FRAME;
    for (int frame = 0; frame < SPOTTER_FRAMES; frame++) {
        float row[FEATURES_COEFFICIENTS];
        features_float_row(&state, clip, fresh, row);
        features_float_q7(row, spotter_mean, spotter_inv_sigma, features);
        features += FEATURES_COEFFICIENTS;
        clip += fresh;
        fresh = FEATURES_STEP;
    }
}

/** Name the word of a clip. */
static void hear_clip(const int16_t clip[CLIP], int details)
{
    static int8_t features[SPOTTER_INPUTS];
    static int16_t logits[SPOTTER_CLASSES];
    static int16_t scores[SPOTTER_CLASSES];
    struct stage stages[1 + SPOTTER_MOST_STAGES];

    const uint32_t start = cycle_count();
    clip_features(clip, features);
    stages[0] = (struct stage){FEATURES_LFBE ? "lfbe" : "mfcc", cycle_count() - start};
    const int count = 1 + spotter_run(features, logits, scores, stages + 1);

    const int chosen = index_of_largest(logits, SPOTTER_CLASSES);
    printf("%s %d %%\n\n", spotter_words[chosen], percent(scores, chosen));
    print_stages(stages, count);
    putchar('\n');
    print_numbers("scores", scores, SPOTTER_CLASSES);
    if (details) {
        print_numbers("logits", logits, SPOTTER_CLASSES);
        printf("features:");
        for (int i = 0; i < SPOTTER_INPUTS; i++) {
            printf(" %d", features[i]);
        }
        putchar('\n');
    }
}

/** Hear a file: at most a second of sound, between zeros, or a recording. */
static int hear_file(const char *path, int16_t clip[CLIP], int details)
{
    struct wav wav;
    if (!wav_open(&wav, path)) {
        return 0;
    }
    int done;
    if (wav.samples > CLIP) {
        done = listen(&wav, details);
    } else {
        done = wav_read(&wav, clip + (CLIP - wav.samples) / 2, wav.samples);
        if (done) {
            hear_clip(clip, details);
        }
    }
    wav_close(&wav);
    return done;
}

int main(int argc, char **argv)
{
    static int16_t clip[CLIP];
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
        hear_clip(clip, details);
        return 0;
    }
    return !hear_file(path, clip, details);
}
