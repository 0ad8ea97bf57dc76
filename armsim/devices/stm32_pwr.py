"""Power control of STM32: every voltage and over-drive is reached at once."""

from armsim.devices.following import Following


class Stm32Pwr(Following):
    """PWR: VOSRDY, ODRDY and the like follow what is asked; the layout is the chip's data."""
