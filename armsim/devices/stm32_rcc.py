"""Reset and clock control of STM32: every clock is ready as soon as it is switched on.

The simulated core runs at the board's clock from reset on, whatever is selected here.
"""

from armsim.devices.following import Following


class Stm32Rcc(Following):
    """RCC: ready bits follow on bits, SWS follows SW; the layout is the chip's data."""
