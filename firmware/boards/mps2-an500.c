#include "core.h"

const uint32_t board_clock_hz = 25000000;
const char board_name[] = "Cortex-M7, mps2-an500, 25 MHz";

void board_start(void)
{
}
