/** The part of a kernel window that lies inside the image. */
#ifndef INTERNAL_WINDOW_H
#define INTERNAL_WINDOW_H

#include <stdint.h>

/** Taps first to end - 1 of one axis. */
struct taps {
    int32_t first;
    int32_t end;
};

/** The taps that meet an image of `size` pixels when tap 0 stands at pixel `start`. */
static inline struct taps taps_inside(int32_t start, int32_t kernel, int32_t size)
{
    const int32_t before = start < 0 ? -start : 0;
    const int32_t until = size - start < kernel ? size - start : kernel;
    const int32_t first = before < kernel ? before : kernel;
    return (struct taps){first, until > first ? until : first};
}

/** The same where taps are `dilation` pixels apart. */
static inline struct taps taps_inside_dilated(int32_t start, int32_t kernel, int32_t dilation,
                                              int32_t size)
{
    if (dilation == 1) {
        return taps_inside(start, kernel, size);
    }
    /* A tap stands inside if its number times the dilation is at least -start. */
    const int32_t kernel_start = start < 0 ? -((-start + dilation - 1) / dilation) : 0;
    const int32_t ahead = size - start;
    const int32_t until = ahead > 0 ? (ahead + dilation - 1) / dilation : 0;
    return taps_inside(kernel_start, kernel, kernel_start + until);
}

#endif
