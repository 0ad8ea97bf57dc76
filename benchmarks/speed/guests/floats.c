/* Floating point: a Fourier transform of 256 points and a biquad filter, single precision. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifndef ROUNDS
#define ROUNDS 100
#endif
enum { POINTS = 256 };

static float re[POINTS], im[POINTS], cosine[POINTS / 2], sine[POINTS / 2];

static void transform(void)
{
    for (int i = 1, j = 0; i < POINTS; i++) {
        int bit = POINTS >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            float x = re[i], y = im[i];
            re[i] = re[j], im[i] = im[j];
            re[j] = x, im[j] = y;
        }
    }
    for (int size = 2; size <= POINTS; size <<= 1) {
        int half = size >> 1, step = POINTS / size;
        for (int start = 0; start < POINTS; start += size) {
            for (int k = 0; k < half; k++) {
                int p = start + k, q = p + half;
                float c = cosine[k * step], s = sine[k * step];
                float x = re[q] * c - im[q] * s, y = re[q] * s + im[q] * c;
                re[q] = re[p] - x, im[q] = im[p] - y;
                re[p] += x, im[p] += y;
            }
        }
    }
}

int main(void)
{
    uint32_t seed = 1, sum = 0;
    for (int k = 0; k < POINTS / 2; k++) {
        cosine[k] = cosf(6.2831853f * (float)k / POINTS);
        sine[k] = -sinf(6.2831853f * (float)k / POINTS);
    }
    for (int round = 0; round < ROUNDS; round++) {
        float low = 0, band = 0;
        for (int i = 0; i < POINTS; i++) {
            seed = seed * 1664525u + 1013904223u;
            float x = (float)(int32_t)seed * 4.6566e-10f;
            low += 0.1f * band;
            band += 0.1f * (x - low - 0.5f * band);
            re[i] = low, im[i] = 0;
        }
        transform();
        for (int i = 0; i < POINTS; i++) {
            uint32_t word;
            float power = sqrtf(re[i] * re[i] + im[i] * im[i]);
            memcpy(&word, &power, sizeof word);
            sum = sum * 31 + (word >> 8);
        }
    }
    printf("floats %08lx\n", (unsigned long)sum);
    return 0;
}
