#include "stm32_clock.h"

const uint32_t board_clock_hz = 216000000;
const char board_name[] = "Cortex-M7, nucleo-f746zg, 216 MHz";

void board_start(void)
{
    enum {
        PREFETCH_AND_ART = 3 << 8,
        WAIT_STATES = 7,
        OVERDRIVE = 1 << 16,
        OVERDRIVE_SWITCH = 1 << 17
    };
    *reg(RCC_APB1ENR) |= 1U << 28;
    *reg(FLASH_ACR) = PREFETCH_AND_ART | WAIT_STATES;
    start_pll(432);
    /* Above 180 MHz the regulator needs its over-drive mode. */
    *reg(PWR_CR) |= OVERDRIVE;
    if (wait_until_set(PWR_CSR, OVERDRIVE)) {
        *reg(PWR_CR) |= OVERDRIVE_SWITCH;
        wait_until_set(PWR_CSR, OVERDRIVE_SWITCH);
    }
    switch_to_pll();
}
