#include "listen.h"

#include <stdio.h>
#include <string.h>

#include "detector.h"
#include "features.h"
#include "spotter.h"

enum {
    HOP = WAV_RATE_HZ / 10,
    ROWS_PER_HOP = HOP / FEATURES_STEP,
    LAST_ROW = SPOTTER_INPUTS - FEATURES_COEFFICIENTS,
    HOPS_BEHIND = 2, /* of silence behind the recording, for a word close to its end */
};

struct cost {
    uint32_t worst;
    uint64_t sum;
};

struct listener {
    struct features_fixed features;
    struct features_scale scale;
    struct detector detector;
    int8_t rows[SPOTTER_INPUTS]; /* of the last second, oldest first */
    int16_t scores[SPOTTER_CLASSES];
    uint32_t hops;
    uint32_t words;
    struct cost costs[3]; /* features, network, both */
};

static void add_row(struct listener *listener, const int16_t *samples)
{
    int32_t row[FEATURES_COEFFICIENTS];
    memmove(listener->rows, listener->rows + FEATURES_COEFFICIENTS, LAST_ROW);
    features_fixed_row(&listener->features, samples, FEATURES_STEP, row);
    features_fixed_q7(row, &listener->scale, listener->rows + LAST_ROW);
}

static void start(struct listener *listener)
{
    static const int16_t silence[FEATURES_STEP];
    memset(listener, 0, sizeof *listener);
    listener->scale = features_scale(spotter_mean, spotter_inv_sigma);
    add_row(listener, silence);
    for (int i = 0; i < LAST_ROW; i += FEATURES_COEFFICIENTS) {
        memcpy(listener->rows + i, listener->rows + LAST_ROW, FEATURES_COEFFICIENTS);
    }
}

static void book(struct cost *cost, uint32_t cycles)
{
    cost->worst = cost->worst > cycles ? cost->worst : cycles;
    cost->sum += cycles;
}

/** Hear 100 ms; return the class of a word, or -1. */
static int hear(struct listener *listener, const int16_t samples[HOP])
{
    int16_t logits[SPOTTER_CLASSES];
    struct stage stages[SPOTTER_MOST_STAGES];
    const uint32_t begin = cycle_count();
    for (uint32_t row = 0; row < ROWS_PER_HOP; row++) {
        add_row(listener, samples + row * FEATURES_STEP);
    }
    const uint32_t middle = cycle_count();
    spotter_run(listener->rows, logits, listener->scores, stages);
    const int word = detector_step(&listener->detector, listener->scores);
    const uint32_t end = cycle_count();
    book(&listener->costs[0], middle - begin);
    book(&listener->costs[1], end - middle);
    book(&listener->costs[2], end - begin);
    listener->hops++;
    return word;
}

/** How loud one of the last frames was: the first coefficient, or the sum of all bands. */
static int32_t loudness(const struct listener *listener, int frame)
{
    const int8_t *const row = listener->rows + frame * FEATURES_COEFFICIENTS;
    int32_t sum = row[0];
    for (int i = 1; FEATURES_LFBE && i < FEATURES_COEFFICIENTS; i++) {
        sum += row[i];
    }
    return sum;
}

/** The middle of what is loud in the last second, in hundredths of seconds since the start. */
static int32_t middle_of_word(const struct listener *listener)
{
    int32_t mean = 0;
    for (int i = 0; i < SPOTTER_FRAMES; i++) {
        mean += loudness(listener, i);
    }
    mean /= SPOTTER_FRAMES;
    int32_t weights = 1;
    int32_t moment = 0;
    for (int i = 0; i < SPOTTER_FRAMES; i++) {
        const int32_t above = loudness(listener, i) - mean;
        weights += above > 0 ? above : 0;
        moment += above > 0 ? above * (SPOTTER_FRAMES - i) : 0;
    }
    /* The middle of frame i, 20 ms apart, is SPOTTER_FRAMES - i frames ago. */
    return (int32_t)listener->hops * 10 - 2 * moment / weights;
}

static void print_word(struct listener *listener, int word)
{
    const int32_t middle = middle_of_word(listener);
    printf("%3ld.%02ld s  %-5s %3d %%\n", middle / 100, middle % 100, spotter_words[word],
           detector_percent(&listener->detector, word));
    fflush(stdout);
    listener->words++;
}

static void print_scores(const struct listener *listener)
{
    printf("%2lu.%lu s ", listener->hops / 10, listener->hops % 10);
    for (int i = 0; i < SPOTTER_CLASSES; i++) {
        printf(" %d", listener->scores[i]);
    }
    putchar('\n');
}

static void print_cost(const char *name, const struct cost *cost, uint32_t hops)
{
    const uint64_t hertz = board_clock_hz;
    const uint32_t worst = (uint32_t)((uint64_t)cost->worst * 1000000 / hertz);
    const uint32_t average = (uint32_t)(cost->sum * 1000000 / (hertz * hops));
    const uint32_t permille = (average + 50) / 100;
    printf("%-8s %10lu %6lu.%03lu %6lu.%03lu %6lu.%lu %%\n", name, cost->worst, worst / 1000,
           worst % 1000, average / 1000, average % 1000, permille / 10, permille % 10);
}

static void print_summary(const struct listener *listener, uint32_t samples)
{
    static const char *const names[] = {"features", "network", "hop"};
    const uint32_t hundredths = (samples + WAV_RATE_HZ / 200) / (WAV_RATE_HZ / 100);
    const uint32_t budget = board_clock_hz / (WAV_RATE_HZ / HOP);
    const uint32_t words = listener->words;
    printf("%s%lu word%s in %lu.%02lu s, %lu hops of 100 ms\n\n", words > 0 ? "\n" : "", words,
           words == 1 ? "" : "s", hundredths / 100, hundredths % 100, listener->hops);
    printf("%s\n%-8s %10s %10s %10s %10s\n", board_name, "", "most", "ms", "mean ms", "load");
    for (int i = 0; i < 3; i++) {
        print_cost(names[i], &listener->costs[i], listener->hops);
    }
    const uint32_t worst = listener->costs[2].worst;
    if (worst <= budget) {
        printf("keeps up in real time\n");
    } else {
        const uint32_t tenths = (uint32_t)((uint64_t)worst * 10000 / board_clock_hz);
        printf("does not keep up: the worst hop takes %lu.%lu ms, a hop has 100 ms\n", tenths / 10,
               tenths % 10);
    }
}

int listen(struct wav *wav, int details)
{
    static struct listener listener;
    static int16_t samples[HOP];
    start(&listener);
    const uint32_t hops = (wav->samples + HOP - 1) / HOP + HOPS_BEHIND;
    for (uint32_t hop = 0; hop < hops; hop++) {
        const uint32_t done = hop * HOP < wav->samples ? hop * HOP : wav->samples;
        const uint32_t left = wav->samples - done;
        const uint32_t count = left < HOP ? left : HOP;
        memset(samples + count, 0, (HOP - count) * sizeof *samples);
        if (!wav_read(wav, samples, count)) {
            return 0;
        }
        const int word = hear(&listener, samples);
        if (details) {
            print_scores(&listener);
        }
        if (word >= 0) {
            print_word(&listener, word);
        }
    }
    print_summary(&listener, wav->samples);
    return 1;
}
