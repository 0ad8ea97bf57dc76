"""C functions of an image, called from Python with NumPy arrays."""

from armsim.library.library import Call, Function, Library, load

__all__ = ["Call", "Function", "Library", "load"]
