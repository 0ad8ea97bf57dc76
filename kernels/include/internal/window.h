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

#endif
