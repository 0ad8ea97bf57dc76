"""From a quantised network to a folder of C that calls the kernels."""

from armsim.nn.translate.project import Translation, translate

__all__ = ["Translation", "translate"]
