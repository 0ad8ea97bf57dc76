#include "features.h"

#include "float_tables.h"
#include "frame.h"

enum { REAL_POINTS = 2 * FEATURES_POINTS };

struct complex {
    float re;
    float im;
};

static inline struct complex twiddle(uint32_t index)
{
    return (struct complex){MFCC_TWIDDLE[index][0], MFCC_TWIDDLE[index][1]};
}

static inline struct complex add(struct complex a, struct complex b)
{
    return (struct complex){a.re + b.re, a.im + b.im};
}

static inline struct complex subtract(struct complex a, struct complex b)
{
    return (struct complex){a.re - b.re, a.im - b.im};
}

static inline struct complex multiply(struct complex a, struct complex w)
{
    return (struct complex){a.re * w.re - a.im * w.im, a.re * w.im + a.im * w.re};
}

/** a - jb. */
static inline struct complex add_turned_right(struct complex a, struct complex b)
{
    return (struct complex){a.re + b.im, a.im - b.re};
}

/** a + jb. */
static inline struct complex add_turned_left(struct complex a, struct complex b)
{
    return (struct complex){a.re - b.im, a.im + b.re};
}

/** One radix-4 Stockham stage: `stride` interleaved transforms of `length` points. */
static void radix_4(const struct complex *restrict from, struct complex *restrict to,
                    uint32_t length, uint32_t stride)
{
    const uint32_t step = REAL_POINTS / length;
    for (uint32_t p = 0; p < length / 4; p++) {
        const struct complex w1 = twiddle(p * step);
        const struct complex w2 = twiddle(2 * p * step);
        const struct complex w3 = twiddle(3 * p * step);
        for (uint32_t q = 0; q < stride; q++) {
            const struct complex a = from[0 * FEATURES_POINTS / 4];
            const struct complex b = from[1 * FEATURES_POINTS / 4];
            const struct complex c = from[2 * FEATURES_POINTS / 4];
            const struct complex d = from[3 * FEATURES_POINTS / 4];
            const struct complex sum_ac = add(a, c);
            const struct complex dif_ac = subtract(a, c);
            const struct complex sum_bd = add(b, d);
            const struct complex dif_bd = subtract(b, d);
            to[0 * stride] = add(sum_ac, sum_bd);
            to[1 * stride] = multiply(add_turned_right(dif_ac, dif_bd), w1);
            to[2 * stride] = multiply(subtract(sum_ac, sum_bd), w2);
            to[3 * stride] = multiply(add_turned_left(dif_ac, dif_bd), w3);
            from++;
            to++;
        }
        to += 3 * stride;
    }
}

static void radix_2(const struct complex *restrict from, struct complex *restrict to)
{
    for (uint32_t q = 0; q < FEATURES_POINTS / 2; q++) {
        const struct complex a = from[q];
        const struct complex b = from[q + FEATURES_POINTS / 2];
        to[q] = add(a, b);
        to[q + FEATURES_POINTS / 2] = subtract(a, b);
    }
}

/** Transform 512 points from x to y; x is overwritten. */
static void complex_fft(struct complex *x, struct complex *y)
{
    radix_4(x, y, 512, 1);
    radix_4(y, x, 128, 4);
    radix_4(x, y, 32, 16);
    radix_4(y, x, 8, 64);
    radix_2(x, y);
}

/** |FFT| of the bins that the mel bands use, from the transform of even + j * odd samples. */
static void real_magnitudes(const struct complex *z, float *magnitudes)
{
    for (uint32_t bin = MFCC_FIRST_BIN; bin < MFCC_END_BIN; bin++) {
        const struct complex a = z[bin];
        const struct complex b = z[FEATURES_POINTS - bin];
        const struct complex even = {a.re + b.re, a.im - b.im};
        const struct complex odd = {a.im + b.im, b.re - a.re};
        const struct complex x = add(even, multiply(odd, twiddle(bin)));
        magnitudes[bin] = __builtin_sqrtf(x.re * x.re + x.im * x.im);
    }
}

static float natural_log(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t offset = bits - MFCC_SQRT_HALF_BITS;
    const int32_t mantissa_bits = (offset & 0x007FFFFF) + MFCC_SQRT_HALF_BITS;
    float mantissa;
    memcpy(&mantissa, &mantissa_bits, sizeof mantissa);
    const float f = mantissa - 1.0f;
    float p = MFCC_LOG_POLYNOMIAL[MFCC_LOG_TERMS - 1];
    for (int i = MFCC_LOG_TERMS - 2; i >= 0; i--) {
        p = p * f + MFCC_LOG_POLYNOMIAL[i];
    }
    return (float)(offset >> 23) * MFCC_LN_2 + (f * f * p + f);
}

/** Twice the value, cut, then halved after adding one: adding 0.5 would itself be rounded. */
static int8_t round_q7(float doubled)
{
    const float above = doubled < -256.0f ? -256.0f : doubled;
    const int32_t whole = (int32_t)(above > 254.0f ? 254.0f : above);
    return (int8_t)(whole < 0 ? -((1 - whole) >> 1) : (whole + 1) >> 1);
}

static void magnitudes_of(struct features_float *state)
{
    struct complex *const x = (struct complex *)state->spectrum[0];
    struct complex *const y = (struct complex *)state->spectrum[1];
    for (uint32_t i = 0; i < FEATURES_FRAME / 2; i++) {
        x[i].re = (float)state->frame[2 * i] * MFCC_WINDOW[2 * i];
        x[i].im = (float)state->frame[2 * i + 1] * MFCC_WINDOW[2 * i + 1];
    }
    for (uint32_t i = FEATURES_FRAME / 2; i < FEATURES_POINTS; i++) {
        x[i] = (struct complex){0.0f, 0.0f};
    }
    complex_fft(x, y);
    real_magnitudes(y, state->magnitudes);
}

void features_float_lfbe(struct features_float *state, const int16_t *samples, uint32_t count,
                         float energies[FEATURES_BANDS])
{
    append(state->frame, samples, count);
    magnitudes_of(state);
    const float *weight = MFCC_MEL_WEIGHT;
    for (uint32_t band = 0; band < FEATURES_BANDS; band++) {
        const float *magnitude = state->magnitudes + MFCC_MEL_FIRST[band];
        float energy = 0.0f;
        for (uint32_t i = MFCC_MEL_COUNT[band]; i > 0; i--) {
            energy += *magnitude++ * *weight++;
        }
        energies[band] = natural_log(energy > MFCC_ENERGY_FLOOR ? energy : MFCC_ENERGY_FLOOR);
    }
}

void features_float_mfcc(struct features_float *state, const int16_t *samples, uint32_t count,
                         float coefficients[FEATURES_COEFFICIENTS])
{
    float energies[FEATURES_BANDS];
    features_float_lfbe(state, samples, count, energies);
    for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
        coefficients[k] = 0.0f;
    }
    for (uint32_t band = 0; band < FEATURES_BANDS; band++) {
        for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
            coefficients[k] += MFCC_DCT[band][k] * energies[band];
        }
    }
}

void features_float_q7(const float coefficients[FEATURES_COEFFICIENTS],
                       const float mean[FEATURES_COEFFICIENTS],
                       const float inv_sigma[FEATURES_COEFFICIENTS],
                       int8_t row[FEATURES_COEFFICIENTS])
{
    for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
        row[k] = round_q7((coefficients[k] - mean[k]) * inv_sigma[k] * 64.0f);
    }
}
