/** The registers of the core, and what a board tells about itself. */
#ifndef CORE_H
#define CORE_H

#include <stdint.h>

static inline volatile uint32_t *reg(uint32_t address)
{
    return (volatile uint32_t *)address;
}

/** Cycles since start-up, modulo 2^32. */
static inline uint32_t cycle_count(void)
{
    return *reg(0xE0001004);
}

/** The core clock after board_start. */
extern const uint32_t board_clock_hz;

/** What the prompt calls the board and its core. */
extern const char board_name[];

/** Bring memory and clocks to full speed. Runs before .data and .bss are set up. */
void board_start(void);

#endif
