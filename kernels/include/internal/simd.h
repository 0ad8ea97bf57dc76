/** The DSP instructions of Armv7E-M that the kernels use. */
#ifndef INTERNAL_SIMD_H
#define INTERNAL_SIMD_H

#include <arm_acle.h>
#include <string.h>

#include "arm_nnfunctions.h"

/** Four q7 as two pairs of q15: the operands of two SMLAD. */
struct q15x4 {
    int16x2_t first;
    int16x2_t second;
};

/* memcpy of a word is one LDR or STR at any address; a cast would promise alignment and
 * invite LDRD and LDM, which fault without it. */
static inline int8x4_t load_q7x4(const q7_t *source)
{
    int8x4_t word;
    memcpy(&word, source, sizeof word);
    return word;
}

static inline int16x2_t load_q15x2(const q15_t *source)
{
    int16x2_t word;
    memcpy(&word, source, sizeof word);
    return word;
}

static inline void store_q7x4(q7_t *target, int8x4_t word)
{
    memcpy(target, &word, sizeof word);
}

static inline void store_q15x2(q15_t *target, int16x2_t word)
{
    memcpy(target, &word, sizeof word);
}

/** Bytes 0 and 2, widened. */
static inline int16x2_t even_bytes(int8x4_t word)
{
    return __sxtb16(word);
}

/** Bytes 1 and 3, widened. GCC 12 has no intrinsic with a rotation. */
static inline int16x2_t odd_bytes(int8x4_t word)
{
    int16x2_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
    return result;
}

/** Bytes 0 and 2 added to two sums of 16 bits. */
static inline int16x2_t add_even_bytes(int16x2_t sums, int8x4_t word)
{
    return __sxtab16(sums, word);
}

/** Bytes 1 and 3 added to two sums of 16 bits. */
static inline int16x2_t add_odd_bytes(int16x2_t sums, int8x4_t word)
{
    int16x2_t result;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sums), "r"(word));
    return result;
}

/** The low halves of two words. */
static inline int16x2_t low_halves(int16x2_t low, int16x2_t high)
{
    int16x2_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

/** The high halves of two words. */
static inline int16x2_t high_halves(int16x2_t low, int16x2_t high)
{
    int16x2_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
    return result;
}

/** a * low half of b / 2^16, rounded down. */
static inline int32_t mul_low_half(int32_t a, int16x2_t b)
{
    int32_t result;
    __asm__("smulwb %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/** a * high half of b / 2^16, rounded down. */
static inline int32_t mul_high_half(int32_t a, int16x2_t b)
{
    int32_t result;
    __asm__("smulwt %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
}

/** Four bytes, given as numbers of any width, as one word. */
static inline int8x4_t pack_q7x4(int32_t byte_0, int32_t byte_1, int32_t byte_2, int32_t byte_3)
{
    const uint16x2_t even = __uxtb16((uint8x4_t)low_halves(byte_0, byte_2));
    const uint16x2_t odd = __uxtb16((uint8x4_t)low_halves(byte_1, byte_3));
    return (int8x4_t)(even | odd << 8);
}

/** The greater of each two bytes. */
static inline int8x4_t max_q7x4(int8x4_t a, int8x4_t b)
{
    (void)__ssub8(a, b); /* sets a GE flag for each byte of a that is not the smaller one */
    return (int8x4_t)__sel((uint8x4_t)a, (uint8x4_t)b);
}

/** The smaller of each two bytes. */
static inline int8x4_t min_q7x4(int8x4_t a, int8x4_t b)
{
    (void)__ssub8(a, b);
    return (int8x4_t)__sel((uint8x4_t)b, (uint8x4_t)a);
}

/** One byte four times. */
static inline int8x4_t four_bytes(int32_t value)
{
    return (int8x4_t)((uint32_t)(value & 0xFF) * 0x01010101U);
}

/** Widen in the order 0 2 1 3, which is what the instructions give. */
static inline struct q15x4 widen_reordered(int8x4_t word)
{
    return (struct q15x4){even_bytes(word), odd_bytes(word)};
}

/** Widen in order. */
static inline struct q15x4 widen(int8x4_t word)
{
    const int16x2_t even = even_bytes(word);
    const int16x2_t odd = odd_bytes(word);
    return (struct q15x4){low_halves(even, odd), high_halves(even, odd)};
}

/* The __ssat and __usat of GCC 12 do not pass -Wconversion. */
static inline q7_t ssat_q7(int32_t value)
{
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return (q7_t)result;
}

static inline q15_t ssat_q15(int32_t value)
{
    int32_t result;
    __asm__("ssat %0, #16, %1" : "=r"(result) : "r"(value));
    return (q15_t)result;
}

/** Clamp to 0 .. 7. */
static inline int32_t usat_3(int32_t value)
{
    int32_t result;
    __asm__("usat %0, #3, %1" : "=r"(result) : "r"(value));
    return result;
}

/** Clamp to 0 .. 31. */
static inline int32_t usat_5(int32_t value)
{
    int32_t result;
    __asm__("usat %0, #5, %1" : "=r"(result) : "r"(value));
    return result;
}

#endif
