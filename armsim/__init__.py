"""armsim: run Cortex-M firmware and see where every cycle goes."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armsim.library import Call, Function, Library, load

__version__ = "0.1.0"
__all__ = ["Call", "Function", "Library", "load"]


def __getattr__(name: str) -> Any:
    """Import what calls C when it is first used; `import armsim` stays quick."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("armsim.library"), name)
    raise AttributeError(f"module 'armsim' has no attribute {name!r}")
