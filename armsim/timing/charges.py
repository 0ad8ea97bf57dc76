"""Every run-time charge of every model: engines compile them together."""

from collections.abc import Callable
from typing import Any

from armsim.timing import (
    cortex_m7_cache,
    cortex_m7_data,
    cortex_m7_predict,
    divide,
    m4_bus,
    m4_flash,
)

CHARGES: tuple[Callable[..., Any], ...] = (
    *divide.CHARGES,
    *m4_bus.CHARGES,
    *m4_flash.CHARGES,
    *cortex_m7_predict.CHARGES,
    *cortex_m7_data.CHARGES,
    *cortex_m7_cache.CHARGES,
)
