/** Parts of a program and the cycles they took. */
#ifndef STAGES_H
#define STAGES_H

#include <stdint.h>

#include "core.h"

struct stage {
    const char *name;
    uint32_t cycles;
};

/** Book the cycles since the last call, or since the start, on a stage; return the next. */
static inline struct stage *finish_stage(struct stage *stage, const char *name, uint32_t *since)
{
    const uint32_t now = cycle_count();
    *stage = (struct stage){name, now - *since};
    *since = cycle_count();
    return stage + 1;
}

/** Print the board and a table of stages with their sum; return the sum. */
uint32_t print_stages(const struct stage *stages, int count);

#endif
