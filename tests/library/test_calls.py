"""C functions give Python what C would give C."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest

import armsim
from armsim.errors import ArgumentError, CallError, UsageError
from armsim.library import Library

POINT = np.dtype([("x", "<f4"), ("y", "<f4")])


def test_an_array_comes_back_changed_in_place(lib: Library) -> None:
    x = np.arange(-5, 5, dtype=np.int8)
    call = lib.negate(x, x.size)
    assert x.tolist() == [5, 4, 3, 2, 1, 0, -1, -2, -3, -4]
    assert call.args[0] is x
    assert call.value is None
    assert sum(call.causes.values()) == call.cycles > call.instructions / 2 > 0


def test_numbers_of_all_kinds_are_passed_and_returned(lib: Library) -> None:
    assert lib.wide(1, 1 << 40, 3, -5).value == 1 + (1 << 40) * 3 + 5
    assert lib.mix(1.5, 2, 0.5, 4.0, 1 << 33).value == 1.5 + 2 + 0.5 * 4 + (1 << 33)
    assert lib.many(*range(1, 12)).value == sum(k * k for k in range(1, 12))
    assert lib.next("RED", True).value == 5
    assert lib.next(0, np.False_).value == 0


def test_structures_are_passed_by_value(lib: Library) -> None:
    assert lib.dot({"x": 1, "y": 2}, np.array((3, 4), POINT)[()]).value == 11
    swapped = lib.swap({"x": 1.5, "y": 2}).value
    assert (swapped["x"], swapped["y"]) == (2, 1.5)
    assert lib.make(1, {"a": 2, "b": 3, "c": 4}, 5 << 32).value.tolist() == (1, 9, 5)


def test_a_structure_is_passed_by_pointer_and_comes_back(lib: Library) -> None:
    x = np.arange(5, dtype=np.int8)
    vector = {"n": 5, "data": x}
    assert lib.take(vector).value == 10
    assert vector["n"] == -1
    assert vector["data"] is x
    np.testing.assert_array_equal(vector["pad"], [0, 9])

    class Vector(ctypes.LittleEndianStructure):
        _fields_ = (("n", ctypes.c_int32), ("data", ctypes.c_uint32), ("pad", ctypes.c_int16 * 2))

    same = Vector(0, 0)
    assert lib.take(same).value == 0
    assert (same.n, list(same.pad)) == (-1, [0, 9])
    records = np.zeros(1, [("n", "<i4"), ("data", "<u4"), ("pad", "<i2", 2)])
    lib.take(records)
    assert records["n"] == -1


def test_one_array_given_twice_is_one_array(lib: Library) -> None:
    x = np.arange(4, dtype=np.int32)
    lib.add(x.copy(), x.copy(), x, 4)
    assert x.tolist() == [0, 2, 4, 6]
    lib.add(x, x, x, 4)  # in place, though the first two are const to the function
    assert x.tolist() == [0, 4, 8, 12]
    fixed = x.view()
    fixed.flags.writeable = False
    lib.add(fixed, fixed, x, 4)
    assert x.tolist() == [0, 8, 16, 24]
    with pytest.raises(ArgumentError, match=r"^add: sum_of_both overlaps a, and one of them may"):
        lib.add(x, x, x[1:], 3)


def test_a_constant_array_may_be_read_only(lib: Library) -> None:
    x = np.ones(3, np.int8)
    x.flags.writeable = False
    assert lib.sum(x, 3).value == 3
    assert lib.sum(bytes([1, 255]), 2).value == 0
    with pytest.raises(ArgumentError, match=r"data is int8\[3\] and read-only, where q7_t \* may"):
        lib.negate(x, 3)


def test_variables_keep_their_values_until_reset(lib: Library) -> None:
    assert [lib.count().value, lib.count().value] == [8, 9]
    lib.reset()
    assert lib.count().value == 8


def test_the_same_calls_after_reset_take_the_same_cycles(lib: Library) -> None:
    x = np.arange(100, dtype=np.int8)

    def calls() -> list[int]:
        return [lib.sum(x, x.size).cycles for _ in range(3)]

    first = calls()
    lib.reset()
    assert calls() == first


def test_stack_is_measured(lib: Library) -> None:
    frame = lib.deep(1).stack - lib.deep(0).stack
    assert frame >= 256
    assert lib.deep(9).stack == lib.deep(0).stack + 9 * frame
    assert lib.sum(np.zeros(1, np.int8), 1).stack == 0


@pytest.mark.parametrize(
    ("first", "last", "where"),
    [
        (0, 5, r"wrote 4 bytes outside .*, behind the end of x \(16 bytes at 0x[0-9a-f]{8}\)"),
        (5, 6, r"wrote 4 bytes outside its arguments, .*, 4 bytes behind the end of x"),
        (-2, 1, r"wrote 8 bytes outside its arguments, .*, 8 bytes before x"),
    ],
)
def test_a_write_outside_an_array_is_an_error(
    lib: Library, first: int, last: int, where: str
) -> None:
    with pytest.raises(CallError, match=f"^overrun {where}"):
        lib.overrun(np.zeros(4, np.int32), first, last)


def test_a_long_overrun_is_no_want_of_stack(lib: Library) -> None:
    with pytest.raises(CallError, match=r"^overrun wrote .* bytes outside .* the end of x \(16 "):
        lib.overrun(np.zeros(4, np.int32), 0, 100)


def test_want_of_stack_is_said(lib: Library) -> None:
    x = np.zeros(4, np.int8)
    frame = lib.deep_beside(x, 1).stack - lib.deep_beside(x, 0).stack
    with pytest.raises(CallError, match=r"^deep_beside ran out of stack: it used all of [\d,]+ b"):
        for depth in range(128 * 1024 // frame - 9, 128 * 1024 // frame):
            lib.deep_beside(x, depth)


def test_a_write_to_a_constant_is_an_error(lib: Library) -> None:
    with pytest.raises(CallError, match=r"^cheat changed x at byte 0, which .* const$"):
        lib.cheat(np.zeros(2, np.int32))


def test_a_fault_is_diagnosed_and_the_next_call_works(lib: Library) -> None:
    with pytest.raises(CallError) as raised:
        lib.peek(0xF000_0000)
    text = str(raised.value)
    assert text.startswith("peek: ")
    assert "load from 0xf0000000: nothing there" in text
    assert "in peek+0" in text
    assert "registers:" in text
    assert lib.sum(np.ones(3, np.int8), 3).value == 3


def test_a_function_that_does_not_return_is_stopped(lib: Library) -> None:
    with pytest.raises(CallError, match=r"^forever"):
        lib.forever()


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ((np.zeros(3, np.int8),), "takes 2 arguments, not 1"),
        ((np.zeros(3, np.int32), 3), "data is int32[3], where const q7_t * takes an array of int8"),
        (
            (np.zeros(6, np.int8)[::2], 3),
            "data is int8[3] and not contiguous; give np.ascontiguousarray(...)",
        ),
        ((np.zeros(3, np.int8), -1), "n is -1, outside 0 to 4294967295 of uint32_t"),
        ((np.zeros(3, np.int8), 3.0), "n is 3.0, not a uint32_t"),
        (([1, 2], 3), "data is [1, 2], where const q7_t * takes an array, an address or None"),
    ],
)
def test_wrong_arguments_are_told_with_the_prototype(
    lib: Library, arguments: tuple[object, ...], wrong: str
) -> None:
    with pytest.raises(TypeError) as raised:
        lib.sum(*arguments)
    text = str(raised.value)
    assert text.startswith(f"sum: {wrong}; ")
    assert "; prototype: int32_t sum(const q7_t *data, uint32_t n); given: (" in text
    assert isinstance(raised.value, UsageError)


def test_wrong_structures_and_names_are_told(lib: Library) -> None:
    with pytest.raises(
        ArgumentError, match=r"has a key 'dat' that struct vector has not \(did you"
    ):
        lib.take({"dat": 1})
    with pytest.raises(ArgumentError, match=r"now is 'BLUE', which colour has not"):
        lib.next("BLUE", True)
    with pytest.raises(UsageError, match=r"has no function 'negat' \(did you mean negate"):
        _ = lib.negat
    assert not hasattr(lib, "negat")


def test_what_does_not_fit_is_told(lib: Library) -> None:
    with pytest.raises(UsageError, match=r"^data \(1,000,000 bytes\) does not fit: there are"):
        lib.sum(np.zeros(1_000_000, np.int8), 1)


def test_importing_the_package_compiles_nothing() -> None:
    script = "import sys, armsim; sys.exit('numba' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    assert callable(armsim.load)
