/** Words in a stream of scores. */
#ifndef KWS_DETECTOR_H
#define KWS_DETECTOR_H

#include <stdint.h>

#include "spotter.h"

enum {
    DETECTOR_AVERAGED = 5,   /* seconds, one hop apart, whose scores are averaged */
    DETECTOR_PERCENT = 85,   /* of all scores are a word's, on average */
    DETECTOR_DEAF = 7,       /* hops behind a word in which none is reported */
    DETECTOR_FIRST_WORD = 2, /* the classes before it are silence and unknown words */
};

struct detector {
    uint16_t shares[DETECTOR_AVERAGED][SPOTTER_CLASSES]; /* of all scores of a second, Q1.15 */
    uint32_t seconds;
    uint32_t deaf;
};

/** Take the scores of the next second; return the class of a word that is heard, or -1. */
int detector_step(struct detector *detector, const int16_t scores[SPOTTER_CLASSES]);

/** A class's share of the averaged scores. */
int detector_percent(const struct detector *detector, int label);

#endif
