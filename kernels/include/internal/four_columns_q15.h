/**
 * The innermost loop of the q15 matrix product: two rows, a and b, times two columns, x and y, four
 * weights of each row a round. The orders are those of eight_columns.h.
 */
#ifndef INTERNAL_FOUR_COLUMNS_Q15_H
#define INTERNAL_FOUR_COLUMNS_Q15_H

/* clang-format off */
#ifdef SINGLE_ISSUE
#define FOUR_COLUMNS_Q15 \
    "1:\n" \
    "ldr     %[ta], [%[a]], #4\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "ldr     %[ta], [%[a]], #4\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[u], %[full]\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "cmp     %[a], %[u]\n" \
    "bne     1b\n"
#else
#define FOUR_COLUMNS_Q15 \
    "1:\n" \
    "ldr     %[ta], [%[a]], #4\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "ldr     %[u], [%[a]], #4\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "ldr     %[ta], [%[x]], #4\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "ldr     %[tx], [%[y]], #4\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "smlad   %[ax], %[u], %[ta], %[ax]\n" \
    "ldr     %[ty], %[full]\n" \
    "smlad   %[ay], %[u], %[tx], %[ay]\n" \
    "smlad   %[bx], %[tb], %[ta], %[bx]\n" \
    "cmp     %[a], %[ty]\n" \
    "smlad   %[by], %[tb], %[tx], %[by]\n" \
    "bne     1b\n"
#endif
/* clang-format on */

#endif
