"""Arguments arrive where GCC looks for them, whatever their types and order."""

import random
import subprocess
from pathlib import Path

import numpy as np
import pytest

import armsim
from armsim.errors import ArmsimError, UsageError
from armsim.library import Library

from .conftest import build

TYPES = ["int8_t", "uint16_t", "int", "int64_t", "float", "double", "struct f2", "struct d3",
         "struct mixed", "struct small", "struct wide"]  # fmt: skip
RECORDS = {
    "struct f2": ("float x, y;", ("x", "y")),
    "struct d3": ("double x, y, z;", ("x", "y", "z")),
    "struct mixed": ("int8_t x; float y;", ("x", "y")),
    "struct small": ("uint8_t x, y, z;", ("x", "y", "z")),
    "struct wide": ("int64_t x; int y, z, w;", ("x", "y", "z", "w")),
}
FUNCTIONS = 60


def signatures() -> list[list[str]]:
    rng = random.Random(5)
    return [rng.choices(TYPES, k=rng.randint(1, 9)) for _ in range(FUNCTIONS)]


def source() -> str:
    """Return functions that weigh each argument, and return one of them."""
    lines = ["#include <stdint.h>"]
    lines += [f"{name} {{ {members} }};" for name, (members, _) in RECORDS.items()]
    for number, types in enumerate(signatures()):
        parameters = ", ".join(f"{kind} p{k}" for k, kind in enumerate(types))
        terms, weight = [], 1
        for k, kind in enumerate(types):
            for member in RECORDS.get(kind, ("", ("",)))[1]:
                terms.append(f"{weight} * (double)p{k}{'.' + member if member else ''}")
                weight += 1
        lines.append(f"double weigh{number}({parameters}) {{ return {' + '.join(terms)}; }}")
        lines.append(f"{types[-1]} last{number}({parameters}) {{ return p{len(types) - 1}; }}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module", params=["m4-soft", "m4-softfp", "m7-hard"])
def functions(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("weigh")
    text = folder / "weigh.c"
    text.write_text(source())
    core, abi = request.param.split("-")
    return armsim.load(build(folder, core, abi, text), core)


def test_every_argument_arrives_and_the_result_comes_back(functions: Library) -> None:
    rng = np.random.default_rng(1)
    for number, types in enumerate(signatures()):
        arguments: list[object] = []
        flat: list[int] = []
        for kind in types:
            members = RECORDS.get(kind, ("", ("",)))[1]
            values = rng.integers(0, 100, len(members)).tolist()
            flat += values
            arguments.append(dict(zip(members, values, strict=True)) if members[0] else values[0])
        expected = sum(weight * value for weight, value in enumerate(flat, 1))
        assert functions[f"weigh{number}"](*arguments).value == expected, types
        last = functions[f"last{number}"](*arguments).value
        if isinstance(arguments[-1], dict):
            assert dict(zip(last.dtype.names, last.tolist(), strict=True)) == arguments[-1], types
        else:
            assert last == arguments[-1], types


def test_prototypes_read_as_in_c(lib: Library, image: Path) -> None:
    assert str(lib.negate) == "void negate(q7_t *data, uint16_t size)"
    assert str(lib.make) == "struct big make(int a, struct big b, int64_t c)"
    assert str(lib.count) == "int count(void)"
    assert str(lib.peek) == "int32_t peek(const int32_t *p)"
    assert repr(lib.next) == "<colour next(colour now, _Bool up)>"
    assert "negate" in dir(lib)


def test_an_image_without_debug_data_is_told(image: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.elf"
    subprocess.run(["arm-none-eabi-objcopy", "--strip-debug", image, bare], check=True)
    with pytest.raises(UsageError, match=r"bare\.elf has no prototype of 'sum'; build .* -g"):
        _ = armsim.load(bare, core=image.name[:2]).sum


def test_damaged_debug_data_never_give_a_traceback(image: Path, tmp_path: Path) -> None:
    content = image.read_bytes()
    rng = random.Random(3)
    core = image.name[:2]
    for number in range(40):
        damaged = bytearray(content)
        for _ in range(30):
            damaged[rng.randrange(0x1400, len(content))] = rng.randrange(256)
        path = tmp_path / f"{number}.elf"
        path.write_bytes(damaged)
        try:
            lib = armsim.load(path, core=core)
            for name in ("take", "next", "swap"):
                str(lib[name])
        except ArmsimError as error:
            assert "\n" not in str(error)
