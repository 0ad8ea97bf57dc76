"""From a quantised network to a folder of C that calls the kernels."""

from armsim.nn.translate.project import DEFAULT_BOARD, Translation, translate

__all__ = ["DEFAULT_BOARD", "Translation", "translate"]
