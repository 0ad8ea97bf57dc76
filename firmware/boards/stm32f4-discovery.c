#include "stm32_clock.h"

const uint32_t board_clock_hz = 168000000;
const char board_name[] = "Cortex-M4, stm32f4-discovery, 168 MHz";

void board_start(void)
{
    enum { CACHES_AND_PREFETCH = 7 << 8, WAIT_STATES = 5 };
    *reg(FLASH_ACR) = CACHES_AND_PREFETCH | WAIT_STATES;
    start_pll(336);
    switch_to_pll();
}
