/**
 * Speech features of 16 kHz sound, a row for each 40 ms of it, in single precision and in fixed
 * point: LFBE, the logarithms of 40 mel band energies, and MFCC, cosines over these.
 *
 * What a row is for a network is chosen when this is compiled: FEATURES_COEFFICIENTS MFCC, from 1
 * to 40 and 10 unless it says otherwise, or, with FEATURES_LFBE=1 and FEATURES_COEFFICIENTS=40,
 * LFBE.
 *
 * Each call takes the samples that are new since the last row: 320 for a row every 20 ms, 640 for
 * one every 40 ms. A state of zeros has heard silence. State and rows are the
 * caller's; all else is constant.
 */
#ifndef FEATURES_H
#define FEATURES_H

#include <stdint.h>

#ifndef FEATURES_COEFFICIENTS
#define FEATURES_COEFFICIENTS 10
#endif
#ifndef FEATURES_LFBE
#define FEATURES_LFBE 0
#endif

enum {
    FEATURES_FRAME = 640,
    FEATURES_STEP = 320,
    FEATURES_BANDS = 40,
    FEATURES_MOST_BINS = 256,
    FEATURES_POINTS = 512,
};

_Static_assert(FEATURES_COEFFICIENTS >= 1 && FEATURES_COEFFICIENTS <= FEATURES_BANDS,
               "there are 1 to 40 coefficients");
_Static_assert(!FEATURES_LFBE || FEATURES_COEFFICIENTS == FEATURES_BANDS, "LFBE are 40 bands");

/* In single precision: equal bit for bit to armsim/nn/mfcc.py. Compile without fused
 * multiply-add. */

struct features_float {
    int16_t frame[FEATURES_FRAME];
    float spectrum[2][FEATURES_POINTS][2];
    float magnitudes[FEATURES_MOST_BINS];
};

/** Natural logarithms; full scale is 1, and what is below 1e-12 counts as 1e-12. */
void features_float_lfbe(struct features_float *state, const int16_t *samples, uint32_t count,
                         float energies[FEATURES_BANDS]);

void features_float_mfcc(struct features_float *state, const int16_t *samples, uint32_t count,
                         float coefficients[FEATURES_COEFFICIENTS]);

/** MFCC or LFBE, as chosen. */
static inline void features_float_row(struct features_float *state, const int16_t *samples,
                                      uint32_t count, float row[FEATURES_COEFFICIENTS])
{
    if (FEATURES_LFBE) {
        features_float_lfbe(state, samples, count, row);
    } else {
        features_float_mfcc(state, samples, count, row);
    }
}

/** (coefficient - mean) * inv_sigma in Q2.5, half away from zero, saturated. */
void features_float_q7(const float coefficients[FEATURES_COEFFICIENTS],
                       const float mean[FEATURES_COEFFICIENTS],
                       const float inv_sigma[FEATURES_COEFFICIENTS],
                       int8_t row[FEATURES_COEFFICIENTS]);

/* In fixed point: equal bit for bit to armsim/nn/mfcc_fixed.py. */

struct features_fixed {
    int16_t frame[FEATURES_FRAME];
    int32_t spectrum[FEATURES_POINTS][2];
};

/** The same logarithms in Q5.10. */
void features_fixed_lfbe(struct features_fixed *state, const int16_t *samples, uint32_t count,
                         int16_t energies[FEATURES_BANDS]);

/** Coefficients in Q15.16. */
void features_fixed_mfcc(struct features_fixed *state, const int16_t *samples, uint32_t count,
                         int32_t coefficients[FEATURES_COEFFICIENTS]);

/** MFCC or LFBE, as chosen, in Q15.16. */
static inline void features_fixed_row(struct features_fixed *state, const int16_t *samples,
                                      uint32_t count, int32_t row[FEATURES_COEFFICIENTS])
{
    if (!FEATURES_LFBE) {
        features_fixed_mfcc(state, samples, count, row);
        return;
    }
    int16_t energies[FEATURES_BANDS];
    features_fixed_lfbe(state, samples, count, energies);
    for (uint32_t i = 0; i < FEATURES_COEFFICIENTS; i++) {
        row[i] = energies[i] * 64; /* from 10 fraction bits to 16 */
    }
}

struct features_scale {
    int32_t mean[FEATURES_COEFFICIENTS];      /* Q15.16 */
    int32_t inv_sigma[FEATURES_COEFFICIENTS]; /* Q11.20 */
};

struct features_scale features_scale(const float mean[FEATURES_COEFFICIENTS],
                                     const float inv_sigma[FEATURES_COEFFICIENTS]);

/** (coefficient - mean) * inv_sigma in Q2.5, half up, saturated. */
void features_fixed_q7(const int32_t coefficients[FEATURES_COEFFICIENTS],
                       const struct features_scale *scale, int8_t row[FEATURES_COEFFICIENTS]);

#endif
