#include "core.h"

const uint32_t board_clock_hz = 25000000;
const char board_name[] = "Cortex-M4, mps2-an386, 25 MHz";

void board_start(void)
{
}
