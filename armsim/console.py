"""The host's console as the guest's: bytes in and out, also where Python has text only."""

import io
import sys
from typing import BinaryIO, TextIO, cast


class _Encoded(io.RawIOBase):
    """Bytes for a stream of text: a notebook's, or one that a test put in place."""

    def __init__(self, text: TextIO) -> None:
        super().__init__()
        self._text = text

    def writable(self) -> bool:
        """Say that it takes bytes."""
        return True

    def write(self, data: object) -> int:
        """Write bytes as text; what is no UTF-8 shows as a replacement character."""
        given = bytes(data)  # type: ignore[call-overload]
        self._text.write(given.decode("utf-8", "replace"))
        return len(given)

    def flush(self) -> None:
        """Let it be seen."""
        self._text.flush()


def host_output(text: TextIO) -> BinaryIO:
    """Return where bytes for this stream go."""
    return getattr(text, "buffer", None) or cast(BinaryIO, _Encoded(text))


def host_input() -> BinaryIO:
    """Return where the guest's standard input comes from; nothing does where there are no bytes."""
    return getattr(sys.stdin, "buffer", None) or io.BytesIO()
