"""The tool that reorders weights, as a module."""

import runpy

from .guest import KERNELS

TOOL = KERNELS / "tools" / "reorder_fully_connected.py"
reorder = runpy.run_path(str(TOOL))["reorder"]
