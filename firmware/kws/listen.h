/** Hears words in a recording of any length, ten times a second. */
#ifndef KWS_LISTEN_H
#define KWS_LISTEN_H

#include "wav.h"

extern const char *const spotter_words[];

/**
 * Print each word with the time of its middle, and at the end how long the hops took.
 *
 * details: print all scores of each hop too. Returns 0 if the file cannot be read to its end.
 */
int listen(struct wav *wav, int details);

#endif
