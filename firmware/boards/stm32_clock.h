/** What the clock trees of STM32F4 and STM32F7 have in common: the PLL on the 16 MHz oscillator. */
#ifndef STM32_CLOCK_H
#define STM32_CLOCK_H

#include "core.h"

enum {
    PWR_CR = 0x40007000,
    PWR_CSR = 0x40007004,
    RCC_CR = 0x40023800,
    RCC_PLLCFGR = 0x40023804,
    RCC_CFGR = 0x40023808,
    RCC_APB1ENR = 0x40023840,
    FLASH_ACR = 0x40023C00,
};

/** Wait for bits to be set, but not for ever: a model of the chip may lack the register. */
static inline int wait_until_set(uint32_t address, uint32_t bits)
{
    for (int tries = 0; tries < 4096; tries++) {
        if ((*reg(address) & bits) == bits) {
            return 1;
        }
    }
    return 0;
}

/** Start the PLL at 16 MHz / 16 * multiplier / 2. */
static inline void start_pll(uint32_t multiplier)
{
    *reg(RCC_PLLCFGR) = 8U << 24 | multiplier << 6 | 16;
    *reg(RCC_CR) |= 1U << 24;
}

/** Run the core from the PLL once it is locked, the buses at a quarter and a half of it. */
static inline void switch_to_pll(void)
{
    if (wait_until_set(RCC_CR, 1U << 25)) {
        *reg(RCC_CFGR) = 5U << 10 | 4U << 13 | 2;
        wait_until_set(RCC_CFGR, 2U << 2);
    }
}

#endif
