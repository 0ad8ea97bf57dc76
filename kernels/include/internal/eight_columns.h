/**
 * The innermost loop of the matrix product: two rows, a and b, times two columns, x and y, eight
 * weights of each row a round.
 */
#ifndef INTERNAL_EIGHT_COLUMNS_H
#define INTERNAL_EIGHT_COLUMNS_H

/* clang-format off */
#ifdef SINGLE_ISSUE
/* Loads stand in groups: each but the first of a group takes one cycle instead of two. */
#define EIGHT_COLUMNS \
    "1:\n" \
    "ldr     %[wa], [%[a]], #4\n" \
    "ldr     %[wb], [%[b]], #4\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "sxtb16  %[ta], %[wa]\n" \
    "sxtb16  %[tb], %[wb]\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "sxtb16  %[wa], %[wa], ror #8\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "sxtb16  %[wb], %[wb], ror #8\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[ta], [%[a]], #4\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "smlad   %[ax], %[wa], %[tx], %[ax]\n" \
    "smlad   %[bx], %[wb], %[tx], %[bx]\n" \
    "smlad   %[ay], %[wa], %[ty], %[ay]\n" \
    "smlad   %[by], %[wb], %[ty], %[by]\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "sxtb16  %[wa], %[ta]\n" \
    "sxtb16  %[wb], %[tb]\n" \
    "smlad   %[ax], %[wa], %[tx], %[ax]\n" \
    "smlad   %[ay], %[wa], %[ty], %[ay]\n" \
    "smlad   %[bx], %[wb], %[tx], %[bx]\n" \
    "smlad   %[by], %[wb], %[ty], %[by]\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[wa], %[end]\n" \
    "sxtb16  %[ta], %[ta], ror #8\n" \
    "sxtb16  %[tb], %[tb], ror #8\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "cmp     %[a], %[wa]\n" \
    "bne     1b\n"
#else
/* A multiplication, and beside it the load or the extension for one of the next, which wait two
 * cycles and one. */
#define EIGHT_COLUMNS \
    "1:\n" \
    "ldr     %[wa], [%[a]], #4\n" \
    "ldr     %[wb], [%[b]], #4\n" \
    "sxtb16  %[ta], %[wa]\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "sxtb16  %[tb], %[wb]\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "sxtb16  %[wa], %[wa], ror #8\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "sxtb16  %[wb], %[wb], ror #8\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[ta], [%[a]], #4\n" \
    "smlad   %[ax], %[wa], %[tx], %[ax]\n" \
    "ldr     %[tb], [%[b]], #4\n" \
    "smlad   %[bx], %[wb], %[tx], %[bx]\n" \
    "sxtb16  %[tx], %[ta]\n" \
    "smlad   %[ay], %[wa], %[ty], %[ay]\n" \
    "sxtb16  %[wa], %[tb]\n" \
    "smlad   %[by], %[wb], %[ty], %[by]\n" \
    "sxtb16  %[ta], %[ta], ror #8\n" \
    "ldr     %[wb], [%[x]], #4\n" \
    "sxtb16  %[tb], %[tb], ror #8\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "smlad   %[ax], %[tx], %[wb], %[ax]\n" \
    "smlad   %[ay], %[tx], %[ty], %[ay]\n" \
    "ldr     %[tx], [%[x]], #4\n" \
    "smlad   %[bx], %[wa], %[wb], %[bx]\n" \
    "smlad   %[by], %[wa], %[ty], %[by]\n" \
    "ldr     %[ty], [%[y]], #4\n" \
    "ldr     %[wa], %[end]\n" \
    "smlad   %[ax], %[ta], %[tx], %[ax]\n" \
    "smlad   %[bx], %[tb], %[tx], %[bx]\n" \
    "cmp     %[a], %[wa]\n" \
    "smlad   %[ay], %[ta], %[ty], %[ay]\n" \
    "smlad   %[by], %[tb], %[ty], %[by]\n" \
    "bne     1b\n"
#endif
/* clang-format on */

#endif
