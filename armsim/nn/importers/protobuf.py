"""Protocol buffers, as far as a reader of messages needs them; every length is checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

_MOST_MESSAGES = 1 << 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Value: TypeAlias = int | bytes


class ProtobufError(ValueError):
    """A message that breaks off, or is none."""


@dataclass
class Message:
    """A message: the values of each field by number, in order."""

    fields: dict[int, list[Value]] = field(default_factory=dict)

    @staticmethod
    def parse(data: bytes) -> Message:
        """Read a message."""
        message = Message()
        place = 0
        while place < len(data):
            key, place = _varint(data, place)
            value: Value
            if key & 7 == _VARINT:
                value, place = _varint(data, place)
            else:
                if key & 7 == _BYTES:
                    size, place = _varint(data, place)
                elif key & 7 in (_FIXED64, _FIXED32):
                    size = 8 if key & 7 == _FIXED64 else 4
                else:
                    raise ProtobufError(f"byte {place} begins no field")
                if place + size > len(data):
                    raise ProtobufError(f"a field of {size} bytes breaks off")
                value, place = data[place : place + size], place + size
            message.fields.setdefault(key >> 3, []).append(value)
        return message

    def integer(self, number: int, default: int = 0) -> int:
        """Return a signed integer field."""
        value = self.fields.get(number, [default])[-1]
        if not isinstance(value, int):
            raise ProtobufError(f"field {number} is no integer")
        return value - (1 << 64) if value >= 1 << 63 else value

    def bytes(self, number: int) -> bytes:
        """Return a field of bytes."""
        value = self.fields.get(number, [b""])[-1]
        if not isinstance(value, bytes):
            raise ProtobufError(f"field {number} has no bytes")
        return value

    def text(self, number: int) -> str:
        """Return a string field."""
        return self.bytes(number).decode("utf-8", "replace")

    def texts(self, number: int) -> list[str]:
        """Return a repeated string field."""
        return [bytes(v).decode("utf-8", "replace") for v in self.fields.get(number, [])]

    def message(self, number: int) -> Message:
        """Return a message field; empty where it is missing."""
        return Message.parse(self.bytes(number))

    def messages(self, number: int) -> list[Message]:
        """Return a repeated message field."""
        values = self.fields.get(number, [])
        if len(values) > _MOST_MESSAGES:
            raise ProtobufError(
                f"a field has {len(values)} messages; {_MOST_MESSAGES} are the most"
            )
        return [Message.parse(value) for value in values if isinstance(value, bytes)]

    def integers(self, number: int) -> list[int]:
        """Return a repeated integer field, packed or not."""
        found: list[int] = []
        for value in self.fields.get(number, []):
            found += [value] if isinstance(value, int) else _varints(value)
        return [value - (1 << 64) if value >= 1 << 63 else value for value in found]

    def floats(self, number: int) -> list[float]:
        """Return a repeated float field, packed or not."""
        data = b"".join(value for value in self.fields.get(number, []) if isinstance(value, bytes))
        if len(data) % 4:
            raise ProtobufError(f"field {number} has no whole floats")
        return list(struct.unpack(f"<{len(data) // 4}f", data))


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise ProtobufError("a number breaks off")
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & ((1 << 64) - 1), place
    raise ProtobufError(f"the number at byte {place} has no end")


def _varints(data: bytes) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value
