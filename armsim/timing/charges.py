"""Every run-time charge of every model: engines compile them together."""

from collections.abc import Callable
from typing import Any

from armsim.timing import (
    cortex_m7_cache,
    cortex_m7_data,
    cortex_m7_predict,
    divide,
)

CHARGES: tuple[Callable[..., Any], ...] = (
    *divide.CHARGES,
    *cortex_m7_predict.CHARGES,
    *cortex_m7_data.CHARGES,
    *cortex_m7_cache.CHARGES,
)
