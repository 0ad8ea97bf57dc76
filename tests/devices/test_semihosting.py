"""Every semihosting call, and guests that mean harm."""

import io
import os
from pathlib import Path

import pytest

from armsim.devices.guest_handles import ConsoleClosed
from armsim.devices.semihosting import GuestExit, Semihosting

BASE = 0x2000_0000
SIZE = 1 << 18
FAILED = 0xFFFF_FFFF
BLOCK, NAME, BUFFER = BASE, BASE + 0x100, BASE + 0x2000
READ, WRITE_CREATE, APPEND, UPDATE = 0, 4, 8, 2
ENOENT, EBADF, EACCES, EISDIR, EINVAL, EMFILE, EFBIG = 2, 9, 13, 21, 22, 24, 27
ENOSYS, ENAMETOOLONG = 88, 91


class Trap(Exception):
    """What this memory raises."""


class Memory:
    """A quarter of a megabyte; nothing else exists."""

    def __init__(self) -> None:
        self.data = bytearray(SIZE)
        self.most = 0

    def _offset(self, address: int, size: int) -> int:
        self.most = max(self.most, size)
        if not BASE <= address <= address + size <= BASE + SIZE:
            raise Trap(hex(address))
        return address - BASE

    def read_bytes(self, address: int, size: int) -> bytes:
        offset = self._offset(address, size)
        return bytes(self.data[offset : offset + size])

    def write_bytes(self, address: int, data: bytes) -> None:
        offset = self._offset(address, len(data))
        self.data[offset : offset + len(data)] = data


class Guest:
    """Calls with their parameter block written first."""

    def __init__(self, folder: Path | None = None, readable: tuple[Path, ...] = (), **options):
        self.memory = Memory()
        self.out, self.err = io.BytesIO(), io.BytesIO()
        self.cycles = 0
        self.reports: list[str] = []
        self.host = Semihosting(
            self.memory,
            options.pop("command_line", "kws.elf clip.wav"),
            readable,
            folder,
            io.BytesIO(options.pop("stdin", b"")),
            self.out,
            self.err,
            options.pop("clock_hz", 1_000_000),
            lambda: self.cycles,
            (0x2000_1000, 0x2000_8000, 0x2001_0000, 0x2000_8000),
            report=self.reports.append,
            **options,
        )

    def call(self, operation: int, *words: int) -> int:
        block = b"".join((word & FAILED).to_bytes(4, "little") for word in words)
        self.memory.write_bytes(BLOCK, block)
        return self.host.call(operation, BLOCK)

    def place(self, data: bytes, address: int = NAME) -> int:
        self.memory.write_bytes(address, data + b"\0")
        return len(data)

    def open(self, name: bytes | str, mode: int = READ) -> int:
        name = os.fsencode(name)
        return self.call(0x01, NAME, mode, self.place(name))

    def read(self, handle: int, size: int) -> bytes:
        left = self.call(0x06, handle, BUFFER, size)
        return self.memory.read_bytes(BUFFER, size - left)

    def write(self, handle: int, data: bytes) -> int:
        self.memory.write_bytes(BUFFER, data)
        return self.call(0x05, handle, BUFFER, len(data))

    @property
    def errno(self) -> int:
        return self.call(0x13)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder the guest may use, beside a secret that it may not."""
    (tmp_path / "secret").write_bytes(b"secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "hello.txt").write_bytes(b"hello world")
    return inside


def test_the_console_has_three_streams():
    guest = Guest(stdin=b"one\ntwo")
    source, sink, errors = (guest.open(":tt", mode) for mode in (0, 4, 8))
    assert len({source, sink, errors}) == 3
    assert guest.write(sink, b"out\n") == 0
    assert guest.write(errors, b"err\n") == 0
    assert guest.read(source, 80) == b"one\n"
    assert guest.read(source, 2) == b"tw"
    assert guest.read(source, 80) == b"o"
    assert guest.read(source, 80) == b""
    assert [guest.call(0x09, handle) for handle in (source, sink, errors)] == [1, 1, 1]
    assert guest.call(0x0A, sink, 0) == FAILED
    assert guest.call(0x0C, sink) == 0
    assert (guest.out.getvalue(), guest.err.getvalue()) == (b"out\n", b"err\n")


def test_single_characters_and_strings_are_written():
    guest = Guest(stdin=b"x")
    guest.place(b"A", BUFFER)
    guest.host.call(0x03, BUFFER)
    guest.place(b"b" * 200, BUFFER + 3)
    guest.host.call(0x04, BUFFER + 3)
    guest.memory.write_bytes(BASE + SIZE - 4, b"end\0")
    guest.host.call(0x04, BASE + SIZE - 4)
    assert guest.out.getvalue() == b"A" + b"b" * 200 + b"end"
    assert guest.host.call(0x07, 0) == ord("x")
    assert guest.host.call(0x07, 0) == FAILED


def test_features_announce_both_extensions():
    guest = Guest()
    handle = guest.open(":semihosting-features")
    assert guest.call(0x0C, handle) == 5
    assert guest.read(handle, 80) == b"SHFB\x03"
    assert guest.read(handle, 1) == b""
    assert guest.call(0x0A, handle, 4) == 0
    assert guest.read(handle, 80) == b"\x03"
    assert guest.call(0x0A, handle, 6) == FAILED
    assert guest.write(handle, b"x") == 1
    assert guest.call(0x09, handle) == 0
    assert guest.open(":semihosting-features", WRITE_CREATE) == FAILED


def test_files_of_the_folder_are_read_written_renamed_and_removed(folder):
    guest = Guest(folder)
    handle = guest.open("hello.txt")
    assert guest.call(0x0C, handle) == 11
    assert guest.read(handle, 5) == b"hello"
    assert guest.call(0x0A, handle, 6) == 0
    assert guest.read(handle, 100) == b"world"
    assert guest.write(handle, b"no") == 2
    assert guest.errno == EBADF
    assert guest.call(0x09, handle) == 0
    assert guest.call(0x02, handle) == 0
    assert guest.call(0x02, handle) == FAILED

    handle = guest.open("new.bin", WRITE_CREATE + 1)
    assert guest.write(handle, bytes(range(256)) * 300) == 0
    assert guest.read(handle, 4) == b""
    assert guest.call(0x02, handle) == 0
    assert (folder / "new.bin").read_bytes() == bytes(range(256)) * 300
    handle = guest.open("new.bin", APPEND)
    assert guest.write(handle, b"!") == 0
    guest.host.close()
    assert (folder / "new.bin").stat().st_size == 256 * 300 + 1
    handle = guest.open("new.bin", UPDATE)
    assert guest.write(handle, b"abc") == 0
    assert guest.read(handle, 2) == bytes([3, 4])
    guest.host.close()

    length = guest.place(b"new.bin")
    assert guest.call(0x0F, NAME, length, NAME + 64, guest.place(b"old.bin", NAME + 64)) == 0
    assert not (folder / "new.bin").exists()
    assert guest.call(0x0E, NAME + 64, 7) == 0
    assert guest.call(0x0E, NAME + 64, 7) == FAILED
    assert guest.errno == ENOENT
    assert sorted(path.name for path in folder.iterdir()) == ["hello.txt"]
    assert guest.reports == []


def test_opening_for_writing_empties_the_file(folder):
    guest = Guest(folder)
    assert guest.open("hello.txt", WRITE_CREATE) == 1
    assert (folder / "hello.txt").read_bytes() == b""


def test_named_files_may_be_read_as_the_user_typed_them(folder, monkeypatch):
    monkeypatch.chdir(folder)
    guest = Guest(readable=(Path("./hello.txt"),))
    names = ["hello.txt", "./hello.txt", str(folder / "hello.txt"), f"../{folder.name}/hello.txt"]
    for name in names:
        handle = guest.open(name)
        assert handle != FAILED, name
        assert guest.read(handle, 80) == b"hello world"
    assert guest.open("hello.txt", UPDATE) == FAILED
    assert guest.errno == EACCES
    assert guest.open("hello.txt", WRITE_CREATE) == FAILED
    assert guest.open("../secret") == FAILED
    assert guest.errno == ENOENT
    length = guest.place(b"hello.txt")
    assert guest.call(0x0E, NAME, length) == FAILED
    assert (folder / "hello.txt").read_bytes() == b"hello world"


def test_to_a_reader_a_file_out_of_reach_does_not_exist_whether_it_does_or_not(folder, tmp_path):
    for guest in (Guest(), Guest(folder)):
        for name in (str(tmp_path / "secret"), str(tmp_path / "nothing"), "../secret"):
            assert guest.open(name) == FAILED
            assert guest.errno == ENOENT
            assert guest.open(name, WRITE_CREATE) == FAILED
            assert guest.errno == EACCES


def test_a_refusal_is_reported_once_with_the_way_out(folder):
    guest = Guest()
    assert guest.open("/etc/passwd") == FAILED
    assert guest.open("/etc/group") == FAILED
    assert guest.reports == [
        (
            "the guest may not open '/etc/passwd'; it may read the files named after -- and, with "
            "--semihosting-dir DIR, use those in DIR"
        )
    ]


def test_nothing_outside_the_folder_is_ever_touched(folder, tmp_path):
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    (folder / "dangling").symlink_to(tmp_path / "created")
    (folder / "loop").symlink_to(folder / "loop")
    guest = Guest(folder)
    escapes = [
        "../secret", "link", "up/secret", "up/created", "dangling", str(tmp_path / "secret"),
        "sub/../../secret", "/etc/passwd", "/dev/null", "/dev/zero", "/proc/self/mem", "..", ".",
        "", "./", "../inside/../secret", "loop", str(folder), f"{folder}x",
    ]  # fmt: skip
    for name in escapes:
        for mode in range(12):
            assert guest.open(name, mode) == FAILED, (name, mode)
    for name in set(escapes) - {"link", "dangling", "loop"}:
        length = guest.place(os.fsencode(name))
        assert guest.call(0x0E, NAME, length) == FAILED, name
        assert guest.call(0x0F, NAME, length, NAME + 512, guest.place(b"x", NAME + 512)) == FAILED
        assert guest.call(0x0F, NAME + 512, 1, NAME, length) == FAILED
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "secret"]
    # of a link, remove takes the link
    assert guest.call(0x0E, NAME, guest.place(b"link")) == 0
    assert (tmp_path / "secret").exists()


def test_a_link_within_the_folder_is_followed(folder):
    (folder / "also").symlink_to("hello.txt")
    guest = Guest(folder)
    assert guest.read(guest.open("also"), 5) == b"hello"


def test_only_regular_files_are_opened(folder):
    os.mkfifo(folder / "pipe")
    (folder / "sub").mkdir()
    guest = Guest(folder, readable=(folder / "pipe", Path("/dev/zero"), folder / "sub"))
    for mode in range(12):
        for name, number in (("pipe", EACCES), (str(folder / "pipe"), EACCES), ("sub", EISDIR)):
            assert guest.open(name, mode) == FAILED
            assert guest.errno == number
        assert guest.open("/dev/zero", mode) == FAILED
    assert guest.call(0x0E, NAME, guest.place(b"sub")) == FAILED
    assert guest.call(0x0E, NAME, guest.place(b"pipe")) == FAILED
    assert (folder / "sub").is_dir()


def test_names_that_are_no_names_are_refused(folder):
    guest = Guest(folder)
    assert guest.open(b"a\0b") == FAILED
    assert guest.errno == ENOENT
    assert guest.call(0x01, NAME, READ, 0x7FFF_FFFF) == FAILED
    assert guest.errno == ENAMETOOLONG
    assert guest.open(b"x" * 300) == FAILED
    assert guest.errno == ENAMETOOLONG
    assert guest.open("hello.txt", 12) == FAILED
    assert guest.errno == EINVAL
    handle = guest.open(b"caf\xe9 \xff", WRITE_CREATE)
    assert handle != FAILED
    assert os.listdir(os.fsencode(folder)).count(b"caf\xe9 \xff") == 1


def test_handles_are_limited_and_reused(folder):
    guest = Guest(folder)
    handles = [guest.open("hello.txt") for _ in range(64)]
    assert handles == list(range(1, 65))
    assert guest.open("hello.txt") == FAILED
    assert guest.errno == EMFILE
    assert guest.call(0x02, 7) == 0
    assert guest.open(":tt") == 7
    guest.host.close()


@pytest.mark.parametrize("handle", [0, 1, 99, 0x8000_0000, 0xFFFF_FFFF])
def test_handles_that_are_not_open_are_refused(handle):
    guest = Guest()
    assert guest.call(0x02, handle) == FAILED
    assert guest.call(0x05, handle, BUFFER, 9) == 9
    assert guest.call(0x06, handle, BUFFER, 9) == 9
    assert guest.call(0x09, handle) == FAILED
    assert guest.call(0x0A, handle, 0) == FAILED
    assert guest.call(0x0C, handle) == FAILED
    assert guest.errno == EBADF


def test_the_console_is_one_way():
    guest = Guest(stdin=b"x")
    source, sink = guest.open(":tt", 0), guest.open(":tt", 4)
    assert guest.write(source, b"abc") == 3
    assert guest.call(0x06, sink, BUFFER, 3) == 3
    assert guest.errno == EBADF


def test_lengths_of_gigabytes_are_cut_into_pieces(folder):
    (folder / "big").write_bytes(bytes(1 << 20))
    guest = Guest(folder)
    handle = guest.open("big")
    with pytest.raises(Trap):
        guest.call(0x06, handle, BUFFER, 0xFFFF_FFFF)
    sink = guest.open(":tt", 4)
    with pytest.raises(Trap):
        guest.call(0x05, sink, BUFFER, 0xFFFF_FFFF)
    assert guest.memory.most <= 1 << 16
    assert len(guest.out.getvalue()) <= SIZE


def test_a_file_stops_growing_at_a_gibibyte(folder):
    guest = Guest(folder)
    handle = guest.open("sparse", WRITE_CREATE)
    assert guest.call(0x0A, handle, 0x7FFF_FFFF) == 0
    assert guest.write(handle, b"x") == 1
    assert guest.errno == EFBIG
    assert guest.call(0x0A, handle, 0x8000_0000) == FAILED
    assert (folder / "sparse").stat().st_size == 0
    guest.host.close()


def test_bad_pointers_are_the_memorys_own_fault(folder):
    guest = Guest(folder)
    for operation in (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 18, 21, 22, 0x20, 0x30):
        for address in (0, BASE - 4, BASE + SIZE, 0xFFFF_FFFC):
            with pytest.raises(Trap):
                guest.host.call(operation, address)
    with pytest.raises(Trap):
        guest.call(0x01, BASE - 100, READ, 4)
    assert guest.open("hello.txt") == 1


def test_a_string_without_an_end_runs_into_the_memorys_end():
    guest = Guest()
    guest.memory.data[:] = b"x" * SIZE
    with pytest.raises(Trap):
        guest.host.call(0x04, BASE)


def test_time_is_simulated_time():
    guest = Guest(clock_hz=216_000_000)
    assert (guest.host.call(0x10, 0), guest.host.call(0x11, 0)) == (0, 0)
    guest.cycles = 216_000_000 * 90_000 + 108_000_000
    assert guest.host.call(0x10, 0) == 9_000_050
    assert guest.host.call(0x11, 0) == 90_000
    assert guest.host.call(0x31, 0) == 216_000_000
    assert guest.host.call(0x30, BUFFER) == 0
    assert int.from_bytes(guest.memory.read_bytes(BUFFER, 8), "little") == guest.cycles


def test_host_time_is_given_only_when_asked():
    guest = Guest(host_time=True)
    assert guest.host.call(0x11, 0) > 1_700_000_000
    assert guest.host.call(0x10, 0) == 0


def test_the_command_line_must_fit():
    guest = Guest(command_line="kws.elf clip.wav")
    assert guest.call(0x15, BUFFER, 17) == 0
    assert guest.memory.read_bytes(BUFFER, 17) == b"kws.elf clip.wav\0"
    assert guest.memory.read_bytes(BLOCK + 4, 4) == (16).to_bytes(4, "little")
    assert guest.call(0x15, BUFFER, 16) == FAILED


def test_heap_and_temporary_names_are_given():
    guest = Guest()
    assert guest.call(0x16, BUFFER) == 0
    words = [int.from_bytes(guest.memory.read_bytes(BUFFER + 4 * i, 4), "little") for i in range(4)]
    assert words == [0x2000_1000, 0x2000_8000, 0x2001_0000, 0x2000_8000]
    assert guest.call(0x0D, BUFFER, 7, 16) == 0
    assert guest.memory.read_bytes(BUFFER, 11) == b"tmp007.tmp\0"
    assert guest.call(0x0D, BUFFER, 256, 16) == FAILED
    assert guest.call(0x0D, BUFFER, 7, 10) == FAILED


def test_errors_are_told_from_results():
    guest = Guest()
    assert [guest.call(0x08, value) for value in (0, 1, 0x7FFF_FFFF)] == [0, 0, 0]
    assert guest.call(0x08, 0xFFFF_FFFF) != 0


def test_commands_and_unknown_operations_are_refused():
    guest = Guest()
    assert guest.call(0x12, NAME, guest.place(b"touch /tmp/x")) == FAILED
    assert guest.errno == ENOSYS
    for operation in (0, 0x0B, 0x14, 0x17, 0x19, 0x32, 0x100, 0xFFFF_FFFF):
        assert guest.call(operation, 0, 0) == FAILED


@pytest.mark.parametrize(
    ("reason", "status"), [(0x20026, 0), (0x20023, 1), (0x20024, 1), (0, 1), (0xFFFF_FFFF, 1)]
)
def test_exit_says_whether_it_went_well(reason, status):
    with pytest.raises(GuestExit) as caught:
        Guest().host.call(0x18, reason)
    assert (caught.value.status, caught.value.reason) == (status, reason)


@pytest.mark.parametrize(
    ("reason", "code", "status"),
    [(0x20026, 0, 0), (0x20026, 7, 7), (0x20026, -1, 255), (0x20026, 256, 1), (0x20023, 0, 1)],
)
def test_extended_exit_carries_the_guests_status(reason, code, status):
    with pytest.raises(GuestExit) as caught:
        Guest().call(0x20, reason, code)
    assert (caught.value.status, caught.value.reason) == (status, reason)


def test_a_console_that_is_gone_ends_the_run():
    class Gone(io.BytesIO):
        def write(self, data: object) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    guest = Guest()
    guest.host = Semihosting(
        guest.memory, "", (), None, io.BytesIO(), Gone(), Gone(), 1, lambda: 0, (0, 0, 0, 0)
    )
    handle = guest.open(":tt", 4)
    with pytest.raises(ConsoleClosed, match="Broken pipe"):
        guest.write(handle, b"abc")
    guest.place(b"abc\0", BUFFER)
    with pytest.raises(ConsoleClosed, match="Broken pipe"):
        guest.host.call(0x04, BUFFER)
