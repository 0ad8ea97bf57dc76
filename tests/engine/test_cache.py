"""Compiled code on disk: only what this user wrote is trusted, and it does not grow for ever."""

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from armsim.engine import cache

NAME = "region-" + 32 * "0" + ".o"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a cache of its own, which is looked at after every write."""
    monkeypatch.setenv("ARMSIM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "LOOK", 0)
    return tmp_path / "cache"


def test_what_was_written_is_read(folder: Path) -> None:
    cache.write(NAME, b"code")
    assert cache.read(NAME) == b"code"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert os.listdir(folder) == [NAME]


def test_nothing_is_read_where_nothing_was_written() -> None:
    assert cache.read(NAME) is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "longer", "other"])
def test_a_damaged_file_is_not_trusted(folder: Path, damage: str) -> None:
    cache.write(NAME, b"code" * 100)
    path = folder / NAME
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[-1] ^= 1
    path.write_bytes(
        {"cut": good[:-1], "flipped": bytes(flipped), "empty": b"", "longer": good + b"\0",
         "other": bytes(1000)}[damage]
    )  # fmt: skip
    assert cache.read(NAME) is None
    cache.write(NAME, b"anew")
    assert cache.read(NAME) == b"anew"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_trusted(folder: Path, mode: int) -> None:
    cache.write(NAME, b"code")
    (folder / NAME).chmod(mode)
    assert cache.read(NAME) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_folder_that_others_can_write_is_neither_read_nor_written(
    folder: Path, mode: int
) -> None:
    cache.write(NAME, b"code")
    folder.chmod(mode)
    assert cache.read(NAME) is None
    cache.write("meanings.json", b"{}")
    assert os.listdir(folder) == [NAME]


@pytest.mark.parametrize("path", [".", NAME])
def test_what_belongs_to_another_user_is_not_trusted(folder: Path, path: str) -> None:
    cache.write(NAME, b"code")
    if os.getuid():
        pytest.skip("only root can give a file away")
    os.chown(folder / path, 12345, -1)
    assert cache.read(NAME) is None


def test_links_are_not_followed(folder: Path, tmp_path: Path) -> None:
    cache.write(NAME, b"code")
    (folder / NAME).rename(tmp_path / "elsewhere")
    (folder / NAME).symlink_to(tmp_path / "elsewhere")
    assert cache.read(NAME) is None


def test_a_pipe_does_not_block(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / NAME, 0o600)
    assert cache.read(NAME) is None


@pytest.mark.parametrize("where", ["/dev/null/armsim", "/proc/armsim"])
def test_a_folder_that_cannot_be_made_only_costs_time(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARMSIM_CACHE_DIR", where)
    cache.write(NAME, b"code")
    assert cache.read(NAME) is None


def test_a_user_without_a_home_goes_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("ARMSIM_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    cache.write(NAME, b"code")
    assert cache.read(NAME) is None


def name_of(number: int) -> str:
    return f"region-{number:032x}.o"


def test_what_was_not_used_for_longest_makes_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST", 100_000)
    for number in range(8):
        cache.write(name_of(number), bytes(10_000))
        os.utime(folder / name_of(number), (1000 + number, 1000 + number))
    (folder / ".new-abandoned").write_bytes(bytes(10_000))
    os.utime(folder / ".new-abandoned", (1, 1))
    (folder / "notes.txt").write_bytes(bytes(1_000_000))
    os.utime(folder / "notes.txt", (1, 1))
    assert cache.read(name_of(0)) is not None  # used just now
    cache.write(name_of(8), bytes(20_000))
    left = set(os.listdir(folder))
    assert "notes.txt" in left, "it is not ours to remove"
    assert left - {"notes.txt"} == {name_of(number) for number in (0, 4, 5, 6, 7, 8)}


def test_the_folder_is_not_looked_at_for_every_write(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Path] = []
    monkeypatch.setattr(cache, "LOOK", 50_000)
    monkeypatch.setattr(cache, "_unseen", 0)
    monkeypatch.setattr(cache, "_make_room", looks.append)
    for number in range(20):
        cache.write(name_of(number), bytes(10_000))
    assert len(looks) == 4


def _use(seed: int) -> int:
    """Write and read the same few names as other processes do; count what was read wrong."""
    cache.LOOK, cache.MOST = 0, 200_000
    wrong = 0
    for round_ in range(150):
        number = (seed + round_) % 10
        cache.write(name_of(number), bytes([number]) * 30_000)
        for other in range(10):
            wrong += cache.read(name_of(other)) not in (None, bytes([other]) * 30_000)
    return wrong


def test_processes_share_a_folder(folder: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_use, range(4)) == [0] * 4
    assert not [name for name in os.listdir(folder) if name.startswith(".new-")]
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 330_000
