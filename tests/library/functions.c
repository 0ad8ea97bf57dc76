/* What C functions take and return. */
#include <stdbool.h>
#include <stdint.h>

typedef int8_t q7_t;
typedef enum { RED, GREEN = 5 } colour;

struct point {
    float x, y;
};

struct vector {
    int32_t n;
    const int8_t *data;
    int16_t pad[2];
};

struct big {
    int32_t a, b, c;
};

static int counter = 7;

void negate(q7_t *data, uint16_t size)
{
    for (uint32_t k = 0; k < size; k++) {
        data[k] = (q7_t)-data[k];
    }
}

int32_t sum(const q7_t *data, uint32_t n)
{
    int32_t total = 0;
    for (uint32_t k = 0; k < n; k++) {
        total += data[k];
    }
    return total;
}

int64_t wide(int a, int64_t b, int c, int64_t d)
{
    return a + b * c - d;
}

double mix(float a, int i, double b, float c, int64_t j)
{
    return a + i + b * c + (double)j;
}

double many(float a, double b, float c, double d, double e, double f, double g, double h, double i,
            float j, float k)
{
    return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j + 11 * k;
}

float dot(struct point p, struct point q)
{
    return p.x * q.x + p.y * q.y;
}

struct point swap(struct point p)
{
    return (struct point){p.y, p.x};
}

struct big make(int a, struct big b, int64_t c)
{
    return (struct big){a, b.a + b.b + b.c, (int32_t)(c >> 32)};
}

int32_t take(struct vector *vector)
{
    int32_t total = sum(vector->data, (uint32_t)vector->n);
    vector->n = -1;
    vector->pad[1] = 9;
    return total;
}

colour next(colour now, bool up)
{
    return up ? GREEN : now;
}

void add(const int32_t *a, const int32_t *b, int32_t *sum_of_both, int n)
{
    for (int k = 0; k < n; k++) {
        sum_of_both[k] = a[k] + b[k];
    }
}

void overrun(int32_t *x, int from, int to)
{
    for (int k = from; k < to; k++) {
        x[k] = 3;
    }
}

void cheat(const int32_t *x)
{
    *(int32_t *)(uintptr_t)x = 1;
}

int32_t peek(const volatile int32_t *p)
{
    return *p;
}

int count(void)
{
    return ++counter;
}

uint8_t deep_beside(const int8_t *x, int n)
{
    volatile uint8_t room[64];
    for (int i = 0; i < 64; i++) {
        room[i] = (uint8_t)n;
    }
    return (uint8_t)(n ? deep_beside(x, n - 1) + room[0] : x[0]);
}

uint8_t deep(int n)
{
    volatile uint8_t room[256];
    room[0] = (uint8_t)n;
    return (uint8_t)(n ? deep(n - 1) + room[0] : room[0]);
}

void forever(void)
{
    for (;;) {
    }
}
