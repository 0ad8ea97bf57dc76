"""armsim: run Cortex-M firmware and see where every cycle goes."""

__version__ = "0.1.0"
