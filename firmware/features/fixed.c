#include "features.h"

#include "fixed_tables.h"
#include "frame.h"
#include "internal/simd.h"

/* Scales: a sample of 1 is 2^11 in the windowed frame. The transform sums at most 226 windowed
 * pairs of full scale, and every stage but the last halves: |re|, |im| <= 226 * 2^(26 - 4) < 2^30.
 * A bin of the real transform sums at most 320 samples: |re|, |im| <= 320 * 2^22 < 2^31. */

struct complex {
    int32_t re;
    int32_t im;
};

/** Cosine and sine of 2 pi index / 1024. */
static inline int16x2_t twiddle(uint32_t index)
{
    return load_q15x2(TWIDDLE[index]);
}

/** a * (cos - j sin) / 2, each product rounded down. */
static inline struct complex turn(struct complex a, int16x2_t cos_sin)
{
    return (struct complex){
        __smlawt(a.im, cos_sin, mul_low_half(a.re, cos_sin)),
        mul_low_half(a.im, cos_sin) - mul_high_half(a.re, cos_sin),
    };
}

/** Two windowed samples as one complex number of 2^30 for full scale. */
static inline struct complex windowed(const int16_t *frame, uint32_t pair)
{
    const int16x2_t samples = load_q15x2(frame + 2 * pair);
    const int16x2_t window = load_q15x2(WINDOW + 2 * pair);
    return (struct complex){(int16_t)samples * (int16_t)window, (samples >> 16) * (window >> 16)};
}

/** The window, and the first stage, of radix 2: its second half is zeros from pair 64 on. */
static void window_and_radix_2(const int16_t *frame, struct complex *z)
{
    enum { HALF = FEATURES_POINTS / 2, OVERLAP = FEATURES_FRAME / 2 - HALF };
    for (uint32_t i = 0; i < OVERLAP; i++) {
        const struct complex a = windowed(frame, i);
        const struct complex b = windowed(frame, HALF + i);
        const struct complex difference = {(a.re - b.re) >> 4, (a.im - b.im) >> 4};
        z[i] = (struct complex){(a.re + b.re) >> 5, (a.im + b.im) >> 5};
        z[HALF + i] = turn(difference, twiddle(2 * i));
    }
    for (uint32_t i = OVERLAP; i < HALF; i++) {
        const struct complex a = windowed(frame, i);
        z[i] = (struct complex){a.re >> 5, a.im >> 5};
        z[HALF + i] = turn((struct complex){a.re >> 4, a.im >> 4}, twiddle(2 * i));
    }
}

/** One radix-4 stage in place, halved: transforms of `length` points, one behind the other. */
static inline void radix_4(struct complex *z, const uint32_t length)
{
    const uint32_t quarter = length / 4;
    const struct complex *const end = z + FEATURES_POINTS;
    for (uint32_t i = 0; i < quarter; i++) {
        const uint32_t step = i * (2 * FEATURES_POINTS / length);
        const int16x2_t w1 = twiddle(step);
        const int16x2_t w2 = twiddle(2 * step);
        const int16x2_t w3 = twiddle(3 * step);
        for (struct complex *p = z + i; p < end; p += length) {
            const struct complex a = p[0];
            const struct complex b = p[quarter];
            const struct complex c = p[2 * quarter];
            const struct complex d = p[3 * quarter];
            const struct complex sum_ac = {a.re + c.re, a.im + c.im};
            const struct complex dif_ac = {a.re - c.re, a.im - c.im};
            const struct complex sum_bd = {b.re + d.re, b.im + d.im};
            const struct complex dif_bd = {b.re - d.re, b.im - d.im};
            p[0].re = (sum_ac.re + sum_bd.re) >> 1;
            p[0].im = (sum_ac.im + sum_bd.im) >> 1;
            p[quarter] = turn((struct complex){dif_ac.re + dif_bd.im, dif_ac.im - dif_bd.re}, w1);
            p[2 * quarter] =
                turn((struct complex){sum_ac.re - sum_bd.re, sum_ac.im - sum_bd.im}, w2);
            p[3 * quarter] =
                turn((struct complex){dif_ac.re - dif_bd.im, dif_ac.im + dif_bd.re}, w3);
        }
    }
}

/** The last stage, of 4 points: it turns nothing and does not halve. */
static void last_radix_4(struct complex *z)
{
    const struct complex *const end = z + FEATURES_POINTS;
    for (struct complex *p = z; p < end; p += 4) {
        const struct complex a = p[0];
        const struct complex b = p[1];
        const struct complex c = p[2];
        const struct complex d = p[3];
        const struct complex sum_ac = {a.re + c.re, a.im + c.im};
        const struct complex dif_ac = {a.re - c.re, a.im - c.im};
        const struct complex sum_bd = {b.re + d.re, b.im + d.im};
        const struct complex dif_bd = {b.re - d.re, b.im - d.im};
        p[0] = (struct complex){sum_ac.re + sum_bd.re, sum_ac.im + sum_bd.im};
        p[1] = (struct complex){dif_ac.re + dif_bd.im, dif_ac.im - dif_bd.re};
        p[2] = (struct complex){sum_ac.re - sum_bd.re, sum_ac.im - sum_bd.im};
        p[3] = (struct complex){dif_ac.re - dif_bd.im, dif_ac.im + dif_bd.re};
    }
}

/** Half of |x|: 16 bits of each part, squared; the root from a table, straight lines between. */
static inline uint32_t half_magnitude(struct complex x)
{
    const int32_t bits = (x.re ^ x.re >> 31) | (x.im ^ x.im >> 31) | 1;
    const uint32_t shift = (uint32_t)__builtin_clz((uint32_t)bits) - 1;
    const int32_t re = (int32_t)((uint32_t)x.re << shift) >> 16;
    const int32_t im = (int32_t)((uint32_t)x.im << shift) >> 16;
    const uint32_t power = (uint32_t)(re * re) + (uint32_t)(im * im);
    const uint16_t *const root = SQUARE_ROOT + (power >> 23);
    const uint32_t rise = (uint32_t)(root[1] - root[0]) * (power & 0x7FFFFF);
    return (((uint32_t)root[0] << 15) + (rise >> 8)) >> shift;
}

/** Half the magnitude of a bin of the real transform, from that of even + j odd samples. */
static inline uint32_t real_bin(const struct complex *z, const struct bin *bin)
{
    const struct complex a = z[bin->place];
    const struct complex b = z[bin->mirror];
    const struct complex odd =
        turn((struct complex){a.im + b.im, b.re - a.re}, load_q15x2(bin->twiddle));
    return half_magnitude((struct complex){
        ((a.re + b.re) >> 1) + odd.re,
        ((a.im - b.im) >> 1) + odd.im,
    });
}

/** ln(energy / 2^ENERGY_BITS) in Q5.10. */
static int16_t logarithm(uint64_t energy)
{
    if (energy == 0) {
        return LOG_FLOOR;
    }
    const uint32_t zeros = (uint32_t)__builtin_clzll(energy);
    const uint32_t fraction = (uint32_t)(energy << zeros >> 40) & 0x7FFFFF;
    const uint16_t *const entry = LOGARITHM + (fraction >> 16);
    const int32_t rise = (entry[1] - entry[0]) * (int32_t)(fraction & 0xFFFF) >> 16;
    const int32_t whole = (63 - ENERGY_BITS - (int32_t)zeros) * LN_2;
    return (int16_t)((whole + entry[0] + rise + 32) >> 6);
}

/** A bin between two edges counts so far in the band that rises there, and by the rest in the one
 * that falls. */
static void band_logarithms(const struct complex *z, int16_t energies[FEATURES_BANDS])
{
    const struct bin *bin = BINS;
    uint64_t risen = 0;
    for (uint32_t segment = 0; segment <= FEATURES_BANDS; segment++) {
        uint32_t whole = 0; /* 13 bins: at most sqrt(13 * 512 * 240) * 2^21 < 2^32, by Parseval */
        uint64_t rising = 0;
        for (const struct bin *const end = bin + SEGMENT_BINS[segment]; bin < end; bin++) {
            const uint32_t magnitude = real_bin(z, bin);
            whole += magnitude;
            rising += (uint64_t)magnitude * bin->along;
        }
        if (segment > 0) {
            energies[segment - 1] = logarithm(risen + ((uint64_t)whole << 16) - rising);
        }
        risen = rising;
    }
}

void features_fixed_lfbe(struct features_fixed *state, const int16_t *samples, uint32_t count,
                         int16_t energies[FEATURES_BANDS])
{
    struct complex *const z = (struct complex *)state->spectrum;
    append(state->frame, samples, count);
    window_and_radix_2(state->frame, z);
    radix_4(z, 256);
    radix_4(z, 64);
    radix_4(z, 16);
    last_radix_4(z);
    band_logarithms(z, energies);
}

void features_fixed_mfcc(struct features_fixed *state, const int16_t *samples, uint32_t count,
                         int32_t coefficients[FEATURES_COEFFICIENTS])
{
    int16_t energies[FEATURES_BANDS];
    features_fixed_lfbe(state, samples, count, energies);
    for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
        int64_t sum = 1 << 10;
        for (uint32_t band = 0; band < FEATURES_BANDS; band += 2) {
            sum = __smlald(load_q15x2(COSINES[k] + band), load_q15x2(energies + band), sum);
        }
        coefficients[k] = (int32_t)(sum >> 11); /* from 10 + 17 fraction bits to 16 */
    }
}

struct features_scale features_scale(const float mean[FEATURES_COEFFICIENTS],
                                     const float inv_sigma[FEATURES_COEFFICIENTS])
{
    struct features_scale scale;
    for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
        scale.mean[k] = (int32_t)(mean[k] * 0x1p16f);
        scale.inv_sigma[k] = (int32_t)(inv_sigma[k] * 0x1p20f);
    }
    return scale;
}

void features_fixed_q7(const int32_t coefficients[FEATURES_COEFFICIENTS],
                       const struct features_scale *scale, int8_t row[FEATURES_COEFFICIENTS])
{
    for (uint32_t k = 0; k < FEATURES_COEFFICIENTS; k++) {
        const int64_t scaled = (int64_t)(coefficients[k] - scale->mean[k]) * scale->inv_sigma[k];
        const int64_t rounded = (scaled + (1 << 30)) >> 31; /* from 36 fraction bits to 5 */
        row[k] = (int8_t)(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
    }
}
