/* libm and conversions, printed as bits: not one may differ. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void show(const char *name, double x, double y)
{
    uint64_t bits;
    memcpy(&bits, &y, sizeof bits);
    if (y != y) {
        bits = 0x7ff8000000000000u; /* the sign of a NaN is nobody's promise */
    }
    printf("%s %g %08lx%08lx\n", name, x, (unsigned long)(bits >> 32), (unsigned long)bits);
}

static void show_single(const char *name, float x, float y)
{
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    if (y != y) {
        bits = 0x7fc00000u;
    }
    printf("%s %g %08lx\n", name, (double)x, (unsigned long)bits);
}

int main(void)
{
    static const double values[] = {0.0,   -0.0,  0.5,  1.0,    -1.0,  2.0,   3.7,       10.0,
                                    -7.25, 100.5, 1e-8, 1e-300, 1e300, 709.0, 1234567.0, 0.3333};
    for (unsigned k = 0; k < sizeof values / sizeof *values; k++) {
        volatile double x = values[k];
        show("sin", x, sin(x));
        show("exp", x, exp(x));
        show("sqrt", x, sqrt(x));
        show("pow", x, pow(fabs(x), 1.37));
        show("log", x, log(fabs(x) + 1e-9));
        show("atan2", x, atan2(x, 0.7));
        show("fmod", x, fmod(x, 0.3));
        show("floor", x, floor(x) + ceil(x) * 3 + trunc(x) * 5 + rint(x) * 7);
        show("fma", x, fma(x, x, -x));
        volatile float f = (float)x;
        show_single("sinf", f, sinf(f));
        show_single("expf", f, expf(f));
        show_single("sqrtf", f, sqrtf(f));
        show_single("powf", f, powf(fabsf(f), 0.77f));
        show_single("fmaf", f, fmaf(f, 3.5f, -f));
        show_single("divf", f, 1.0f / f + f / 3.0f);
        if (fabs(x) < 2e9) {
            printf("int %ld %ld %ld\n", (long)x, lrint(x), (long)(int32_t)f);
        }
        if (x >= 0 && x < 4e9) {
            printf("unsigned %lu %lu\n", (unsigned long)(uint32_t)x, (unsigned long)(uint32_t)f);
        }
        const int64_t wide = fabs(x) < 1e18 ? (int64_t)x : 0;
        show("wide", x, (double)wide + (double)(uint64_t)(wide * wide));
    }
    float sum = 0;
    double area = 0;
    for (int k = 1; k < 500; k++) {
        volatile float part = 1.0f / (float)k;
        sum += part * part;
        area += (double)part;
    }
    show_single("sum", 0, sum);
    show("area", 0, area);
    return 0;
}
