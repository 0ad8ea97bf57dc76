/* 64-bit arithmetic, divisions of every kind, shifts, saturation, bit tricks. */
#include <stdint.h>
#include <stdio.h>

static uint64_t seed = 88172645463325252u;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t hash = 14695981039346656037u;

static void mix(uint64_t x)
{
    hash = (hash ^ x) * 1099511628211u;
}

static void show(const char *name)
{
    printf("%s %08lx%08lx\n", name, (unsigned long)(hash >> 32), (unsigned long)hash);
}

int main(void)
{
    for (int k = 0; k < 400; k++) {
        const uint64_t a = next() >> (next() & 63), b = (next() >> (next() & 63)) | 1;
        const int64_t c = (int64_t)next() >> (next() & 63), d = (int64_t)b >> 1 | 1;
        mix(a * b);
        mix(a / b);
        mix(a % b);
        mix((uint64_t)(c / d));
        mix((uint64_t)(c % d));
        mix(a << (k & 63));
        mix(a >> (k & 63));
        mix((uint64_t)(c >> (k & 63)));
        mix(a + b);
        mix((uint64_t)(c - d));
        mix((uint64_t)(a < b) | (uint64_t)(c < d) << 1);
    }
    show("wide");
    for (int k = 0; k < 1000; k++) {
        const uint32_t a = (uint32_t)next() >> (next() & 31),
                       b = ((uint32_t)next() >> (next() & 31)) | 1;
        const int32_t c = (int32_t)a - 77777, d = (int32_t)(b >> 1) | 1;
        mix(a / b);
        mix(a % b);
        mix((uint64_t)(int64_t)(c / d));
        mix((uint64_t)(int64_t)(c % d));
        mix(a / 7 + a / 10 + a % 641 + (uint32_t)(c / 13) + (uint32_t)(c % 1000));
        mix((uint64_t)a * b);
        mix((uint64_t)((int64_t)c * d));
        mix((uint64_t)((int64_t)hash + (int64_t)c * d));
        mix((uint32_t)__builtin_clz(a | 1) * 100u + (uint32_t)__builtin_ctz(a | 256));
        mix((uint32_t)__builtin_popcount(a) + __builtin_bswap32(a));
        mix(a << (b & 31) | a >> ((32 - (b & 31)) & 31));
        mix((uint16_t)(a * 3) + (uint64_t)(int64_t)(int8_t)a + (uint8_t)(b >> 5));
        mix((uint64_t)(c > 127 ? 127 : c < -128 ? -128 : c));
    }
    show("narrow");
    struct {
        unsigned a : 3, b : 11;
        int c : 7;
        unsigned d : 11;
    } fields = {0};
    for (int k = 0; k < 200; k++) {
        const uint32_t x = (uint32_t)next();
        fields.a = x & 7;
        fields.b = (x >> 4) & 0x7ff;
        fields.c = (int)(x >> 9) % 64;
        fields.d += fields.a + fields.b;
        mix(fields.a + fields.b * 8u + (uint64_t)(int64_t)fields.c + fields.d);
    }
    show("fields");
    printf("%lld %llu\n", (long long)(int64_t)(hash >> 3) - 5,
           (unsigned long long)(hash % 1000000007u));
    return (int)(hash % 200);
}
