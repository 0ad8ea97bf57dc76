/** The network's input: 49 frames of 10 mel-frequency cepstral coefficients. */
#ifndef KWS_MFCC_H
#define KWS_MFCC_H

#include <stdint.h>

enum { MFCC_CLIP_SAMPLES = 16000, MFCC_FRAMES = 49, MFCC_COEFFICIENTS = 10 };

/**
 * Compute (coefficient - mean) * inv_sigma in Q2.5, half away from zero, saturated.
 *
 * clip: one second at 16 kHz. features: [frame][coefficient].
 * Equal bit for bit to armsim/nn/mfcc.py: each step is one rounding to single precision, in the
 * same order. Compile without fused multiply-add.
 */
void mfcc_q7(const int16_t clip[MFCC_CLIP_SAMPLES], const float mean[MFCC_COEFFICIENTS],
             const float inv_sigma[MFCC_COEFFICIENTS],
             int8_t features[MFCC_FRAMES * MFCC_COEFFICIENTS]);

#endif
