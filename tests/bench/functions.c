/* What the suites of these tests call: the same sum at three speeds, and what goes wrong. */
#include <stdint.h>

struct scaled {
    const int16_t *values;
    int32_t size;
    struct {
        int32_t by;
    } factor;
    void *scratch;
};

int32_t sum(const int8_t *data, uint32_t n)
{
    int32_t total = 0;
    for (uint32_t k = 0; k < n; k++) {
        total += data[k];
    }
    return total;
}

int32_t sum_slow(const int8_t *data, uint32_t n)
{
    volatile int32_t total = 0;
    for (uint32_t k = 0; k < n; k++) {
        total += data[k];
    }
    return total;
}

int32_t sum_wrong(const int8_t *data, uint32_t n)
{
    return sum(data, n) + 1;
}

void twice(const int8_t *in, int8_t *out, uint32_t n, int8_t *scratch)
{
    for (uint32_t k = 0; k < n; k++) {
        out[k] = (int8_t)(2 * in[k]);
        scratch[k] = 1;
    }
}

void twice_wrong(const int8_t *in, int8_t *out, uint32_t n, int8_t *scratch)
{
    for (uint32_t k = 0; k < n; k++) {
        out[k] = (int8_t)(k == 2 ? 0 : 2 * in[k]);
        scratch[k] = 2;
    }
}

int32_t scaled_sum(const struct scaled *s)
{
    int32_t total = 0;
    for (int32_t k = 0; k < s->size; k++) {
        total += s->values[k] * s->factor.by;
        ((uint8_t *)s->scratch)[k] = 1;
    }
    return total;
}

float mean(const float *x, uint32_t n)
{
    float total = 0;
    for (uint32_t k = 0; k < n; k++) {
        total += x[k];
    }
    return total / (float)n;
}

void dies(void)
{
    *(volatile int *)0xf0000000 = 1;
}

void hangs(void)
{
    for (;;) {
    }
}
