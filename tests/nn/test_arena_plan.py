"""Plans are valid, chains reach the bound, and so do the shapes of residual networks."""

import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armsim.nn.translate.plan import ALIGNMENT, Buffer, plan


def chain(sizes: list[int], scratch: list[int]) -> list[Buffer]:
    """Each step reads the buffer before and writes the next, with scratch memory of its own."""
    buffers = [
        Buffer(name=f"t{i}", size=size, first=max(i - 1, 0), last=min(i, len(sizes) - 2))
        for i, size in enumerate(sizes)
    ]
    return buffers + [
        Buffer(name=f"s{i}", size=size, first=i, last=i) for i, size in enumerate(scratch) if size
    ]


def assert_valid(buffers: list[Buffer]) -> None:
    found = plan(buffers)
    assert set(found.places) == {buffer.name for buffer in buffers}
    for buffer in buffers:
        start = found.places[buffer.name]
        assert start % ALIGNMENT == 0
        assert 0 <= start <= start + buffer.size <= found.size
        for other in buffers:
            if other is not buffer and other.meets(buffer):
                begin = found.places[other.name]
                apart = start + buffer.size <= begin or begin + other.size <= start
                above = buffer.over == other.name and start <= begin
                below = other.over == buffer.name and begin <= start
                assert apart or above or below


@settings(deadline=None)
@given(st.data(), st.integers(2, 12))
def test_a_chain_takes_what_its_largest_step_takes(data, steps):
    sizes = data.draw(st.lists(st.integers(1, 5000), min_size=steps + 1, max_size=steps + 1))
    scratch = data.draw(st.lists(st.integers(0, 3000), min_size=steps, max_size=steps))
    buffers = chain(sizes, scratch)
    assert_valid(buffers)
    room = [-(-size // 4) * 4 for size in sizes]
    extra = [-(-size // 4) * 4 for size in scratch]
    largest = max(room[i] + room[i + 1] + extra[i] for i in range(steps))
    found = plan(buffers)
    assert (found.size, found.bound) == (largest, largest)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 999), st.integers(0, 9), st.integers(0, 5)),
        min_size=1,
        max_size=14,
    )
)
def test_any_plan_is_valid_and_not_far_from_the_bound(drawn):
    buffers = [
        Buffer(name=str(i), size=size, first=first, last=first + more)
        for i, (size, first, more) in enumerate(drawn)
    ]
    assert_valid(buffers)
    found = plan(buffers)
    assert found.bound <= found.size <= 2 * found.bound


@pytest.mark.parametrize("width", [1, 3])
def test_shortcuts_reach_the_bound(width):
    buffers = [Buffer(name="x", size=3072, first=0, last=0)]
    step, size = 1, 16384
    for block in range(3):
        for kind, first, last in (("in", 0, 3), ("a", 1, 2), ("b", 2, 3), ("scratch", 2, 2)):
            bytes_ = 600 * width if kind == "scratch" else size
            name = f"{kind}{block}"
            buffers.append(Buffer(name=name, size=bytes_, first=step + first, last=step + last))
        step, size = step + 3, size // 2
    found = plan(buffers)
    assert found.size == found.bound
    assert_valid(buffers)


def pooled(sizes: list[int]) -> list[Buffer]:
    """Every second step reads no faster than it writes."""
    return [
        replace(buffer, over=f"t{i - 1}" if i % 2 == 0 and i > 0 else "")
        for i, buffer in enumerate(chain(sizes, []))
    ]


def test_a_pool_takes_no_more_than_its_input():
    """CIFAR-10: three convolutions, each with a pool behind it."""
    buffers = pooled([3072, 32768, 8192, 8192, 2048, 4096, 1024, 10])
    assert_valid(buffers)
    found = plan(buffers)
    assert (found.size, found.bound) == (35840, 35840)
    assert found.places["t2"] == found.places["t1"]


@settings(deadline=None)
@given(st.lists(st.integers(1, 4000), min_size=3, max_size=11))
def test_pools_of_any_size_are_placed_well(sizes):
    buffers = pooled(sizes)
    assert_valid(buffers)
    found = plan(buffers)
    assert found.bound <= found.size <= 2 * found.bound


def test_a_plan_of_many_buffers_takes_seconds():
    """It took minutes when every place was compared with every buffer."""
    random = Random(400)
    lives = [1, 1, 1, 2, 3, 8, 133]
    buffers = [
        Buffer(
            name=str(i), size=random.randrange(100, 5000), first=i, last=i + random.choice(lives)
        )
        for i in range(400)
    ]
    began = time.monotonic()
    assert_valid(buffers)
    assert time.monotonic() - began < 40


def test_an_empty_plan_takes_nothing():
    assert plan([]).size == 0
