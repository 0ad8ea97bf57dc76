"""A suite of benchmarks: a TOML file, checked and expanded before anything runs."""

import hashlib
import itertools
import re
import string
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from armsim.bench.arguments import resolve
from armsim.bench.case import Case, Function, Program, Subject
from armsim.boards.fit import check_fits
from armsim.boards.texts import parse_clock, parse_region
from armsim.choices import check_engine, choose_board
from armsim.errors import ArmsimError, UsageError, suggest
from armsim.machine.c_types import Prototype
from armsim.machine.image import Image, load_image
from armsim.machine.prototypes import Prototypes, compiler_of
from armsim.settings import make_model

AXES = ("call", "image", "core", "board", "clock", "flash", "sram", "engine")
"""What may be a list, each item of which is measured; in the order of names."""
_BOTH = {
    "name": str,
    **dict.fromkeys(AXES, (str, list)),
    "args": list,
    "max_cycles": int,
    "max_instructions": int,
}
_PROGRAM = {
    "status": int, "output": str, "output_sha256": str, "semihosting_dir": str, "strict": bool
}  # fmt: skip
_FUNCTION = {"same_as": str, "warm_up": int}
TABLES = ("defaults", "data", "benchmark")
KEYS: dict[str, Any] = _BOTH | _PROGRAM | _FUNCTION
WORDS = {str: "a text", int: "a number", bool: "true or false", list: "a list"}
MOST_INSTRUCTIONS = 10_000_000_000
LARGEST_FILE = 1 << 20
Table = dict[str, Any]


def read_suite(path: Path) -> list[Case]:
    """Return all that a suite measures, in its order.

    Raises:
        ArmsimError: what is wrong with it, in one line.
    """
    table = _read(path)
    for key in table:
        if key not in TABLES:
            hint = suggest(key, TABLES) or f"; keys: {', '.join(TABLES)}"
            raise UsageError(f"{path}: unknown key {key!r}{hint}")
    for key in ("defaults", "data"):
        if not isinstance(table.get(key, {}), dict):
            raise UsageError(f"{path}: {key} is no table; write [{key}]")
    defaults, benchmarks = table.get("defaults", {}), table.get("benchmark", [])
    if not isinstance(benchmarks, list) or not all(isinstance(b, dict) for b in benchmarks):
        raise UsageError(f"{path}: benchmark is no list of tables; write [[benchmark]]")
    if not benchmarks:
        raise UsageError(f"{path} has no [[benchmark]]; add one with a name and an image")
    if "name" in defaults:
        raise UsageError(f"{path}: defaults: name is a benchmark's own; remove it")
    _check_keys(f"{path}: defaults", defaults)
    images = _Images()
    cases: dict[str, Case] = {}
    for number, benchmark in enumerate(benchmarks, 1):
        name = benchmark.get("name")
        if not isinstance(name, str) or not name.strip():
            raise UsageError(f"{path}: benchmark {number} has no name; add name = ...")
        where = f"{path}: benchmark {name!r}"
        _check_keys(where, benchmark)
        _check_kind(where, benchmark)
        expansion = _Expansion(
            where, defaults | benchmark, table.get("data", {}), path.parent, images
        )
        for case in expansion.cases():
            if case.name in cases:
                raise UsageError(f"{where}: {case.name!r} is there twice; rename one of them")
            cases[case.name] = case
    return list(cases.values())


def _read(path: Path) -> Table:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UsageError(f"suite {path} cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise UsageError(f"suite {path} is larger than 1 MiB; give a TOML file of benchmarks")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {str(error).splitlines()[0]}") from None


def _check_keys(where: str, table: Table) -> None:
    for key, value in table.items():
        types = KEYS.get(key)
        if types is None:
            hint = suggest(key, KEYS) or f"; keys: {', '.join(KEYS)}"
            raise UsageError(f"{where}: unknown key {key!r}{hint}")
        if not isinstance(value, types) or (types is int and isinstance(value, bool)):
            words = " or ".join(WORDS[t] for t in (types if isinstance(types, tuple) else (types,)))
            raise UsageError(f"{where}: {key} = {value!r} is not {words}")
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and not item.isprintable():
                raise UsageError(f"{where}: {key} = {value!r} is not a line of plain text")
        if key in AXES and isinstance(value, list):
            if not value or not all(isinstance(item, str) for item in value):
                raise UsageError(f"{where}: {key} = {value!r} is not a list of texts")
            if len(set(value)) < len(value):
                raise UsageError(f"{where}: {key} = {value!r} says something twice; remove it")
        if key in ("max_cycles", "max_instructions") and value < 1:
            raise UsageError(f"{where}: {key} = {value} is not at least 1")
        if key == "warm_up" and not 0 <= value <= 1000:
            raise UsageError(f"{where}: warm_up = {value} is not 0 to 1000 calls")


def _check_kind(where: str, benchmark: Table) -> None:
    """Refuse what a benchmark itself, not its defaults, says in vain."""
    vain, of = (_PROGRAM, "that runs an image, not calls a function") if "call" in benchmark else (
        _FUNCTION, "with call = ..."
    )  # fmt: skip
    for key in vain:
        if key in benchmark:
            raise UsageError(f"{where}: {key} is for a benchmark {of}; remove it")
    if "output" in benchmark and "output_sha256" in benchmark:
        raise UsageError(f"{where}: output and output_sha256 both say what is printed; keep one")


@dataclass
class _Loaded:
    """An image, and what reading it takes time for."""

    image: Image
    prototypes: dict[str, Prototype] = field(default_factory=dict)

    @cached_property
    def compiler(self) -> str:
        return compiler_of(self.image)

    @cached_property
    def debug_data(self) -> Prototypes:
        return Prototypes(self.image)


class _Images:
    def __init__(self) -> None:
        self._known: dict[Path, _Loaded] = {}

    def load(self, path: Path) -> _Loaded:
        if path not in self._known:
            self._known[path] = _Loaded(load_image(path))
        return self._known[path]


class _Expansion:
    """One [[benchmark]] with its defaults, on its way to cases."""

    def __init__(
        self, where: str, table: Table, data: Table, folder: Path, images: _Images
    ) -> None:
        self._where, self._table, self._data = where, table, data
        self._folder, self._images = folder, images

    def cases(self) -> Iterator[Case]:
        """Yield a case for each combination of what is listed."""
        free = [axis for axis in AXES if axis != "image" and axis in self._table]
        listed = {axis: _as_list(self._table[axis]) for axis in free}
        for values in itertools.product(*listed.values()):
            point = dict(zip(free, values, strict=True))
            named = [axis for axis in free if len(listed[axis]) > 1]
            suffix = _suffix(point, named)
            try:
                files = self._all_files(point)
                for file in files:
                    if len(files) > 1:
                        suffix = _suffix(point | {"image": Path(file).stem}, [*named, "image"])
                    yield self._case(suffix, point, file)
            except ArmsimError as error:
                where = f"{self._where} {suffix}".rstrip()
                raise type(error)(f"{where}: {error}") from None

    def _all_files(self, point: dict[str, str]) -> list[str]:
        if "image" not in self._table:
            raise UsageError("there is no image; add image = ...")
        patterns = _as_list(self._table["image"])
        return list(dict.fromkeys(f for text in patterns for f in self._files(text, point)))

    def _files(self, pattern: str, point: dict[str, str]) -> list[str]:
        """Return the images that a path or a glob means, relative to the suite."""
        text = _fill("image", pattern, point)
        if not re.search(r"[*?[]", text):
            if not (self._folder / text).exists():
                raise UsageError(f"image {self._folder / text} does not exist; build it first")
            return [text]
        try:
            found = sorted(path.as_posix() for path in _glob(self._folder, text))
        except (ValueError, NotImplementedError) as error:
            raise UsageError(f"image = {text!r} is no path: {error}") from None
        if not found:
            raise UsageError(
                f"image = {text!r} matches nothing in {self._folder.resolve()}; build it first"
            )
        return found

    def _case(self, suffix: str, point: dict[str, str], file: str) -> Case:
        table = self._table
        path = (self._folder / file).resolve()
        engine = point.get("engine", "auto")
        check_engine(engine)
        options: Table = {
            "core": point.get("core"),
            "board": self._board(point),
            "clock_hz": _parse("clock", point, parse_clock),
            "flash": _parse("flash", point, parse_region),
            "sram": _parse("sram", point, parse_region),
        }
        loaded = self._images.load(path)
        board = choose_board(loaded.image, **options)
        check_fits(loaded.image, board)
        model = make_model(board)
        subject = Subject(
            image=file, image_sha256=loaded.image.sha256, compiler=loaded.compiler,
            function=point.get("call"), core=model.name, board=board.name,
            clock_hz=board.clock_hz, engine=engine, timing_model=model.version,
        )  # fmt: skip
        return Case(
            name=table["name"] + suffix,
            subject=subject,
            work=self._function(loaded, point) if "call" in point else self._program(point),
            image=path,
            options={key: value for key, value in options.items() if value is not None},
            engine=engine,
            max_cycles=table.get("max_cycles"),
            max_instructions=table.get("max_instructions", MOST_INSTRUCTIONS),
        )

    def _board(self, point: dict[str, str]) -> str | None:
        board = point.get("board")
        return str(self._folder.resolve() / board) if board and board.endswith(".toml") else board

    def _program(self, point: dict[str, str]) -> Program:
        table = self._table
        words = table.get("args", [])
        if not all(isinstance(word, str) for word in words):
            raise UsageError(f"args = {words!r} is not a list of texts")
        folder = None
        if "semihosting_dir" in table:
            folder = (self._folder / table["semihosting_dir"]).resolve()
            if not folder.is_dir():
                raise UsageError(f"semihosting_dir {folder} is not a folder; create it first")
        expected = table.get("output_sha256")
        if expected is not None and not re.fullmatch(r"[0-9a-f]{64}", expected):
            raise UsageError(f"output_sha256 = {expected!r} is not 64 digits of lower case")
        if "output" in table:
            output = self._folder / _fill("output", table["output"], point)
            try:
                expected = hashlib.sha256(output.read_bytes()).hexdigest()
            except OSError as error:
                raise UsageError(f"output {output} cannot be read: {error.strerror}") from None
        return Program(
            tuple(words), folder, table.get("strict", False), table.get("status", 0), expected
        )

    def _function(self, loaded: _Loaded, point: dict[str, str]) -> Function:
        table, name = self._table, point["call"]
        prototype = _prototype(loaded, name)
        same_as = None
        if "same_as" in table:
            same_as = _fill("same_as", table["same_as"], point)
            _prototype(loaded, same_as)
        arguments = resolve(prototype, table.get("args", []), self._data, self._folder)
        parameters = tuple(
            parameter.name or f"argument {number}"
            for number, parameter in enumerate(prototype.parameters, 1)
        )
        return Function(name, parameters, arguments, table.get("warm_up", 1), same_as)


def _prototype(loaded: _Loaded, name: str) -> Prototype:
    if name not in loaded.prototypes:
        symbol = loaded.image.symbol(name)
        if symbol is None or symbol.kind != "func":
            known = (symbol.name for symbol in loaded.image.symbols if symbol.kind == "func")
            raise UsageError(
                f"{loaded.image.path} has no function {name!r}{suggest(name, known, 3)}"
            )
        loaded.prototypes[name] = loaded.debug_data.find(name, symbol.address)
    return loaded.prototypes[name]


def _glob(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield files from a folder, also above it, as the pattern spells them."""
    if pattern.startswith("../"):
        yield from (Path("..") / path for path in _glob(folder / "..", pattern[3:]))
    elif pattern.startswith("/"):
        yield from Path("/").glob(pattern[1:])
    else:
        yield from (path.relative_to(folder) for path in folder.glob(pattern))


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _suffix(point: dict[str, str], named: list[str]) -> str:
    values = [point[axis] for axis in AXES if axis in named]
    return f"[{','.join(values)}]" if values else ""


def _fill(key: str, text: str, point: dict[str, str]) -> str:
    """Replace {core} and the like."""
    try:
        for _, name, _, _ in string.Formatter().parse(text):
            if name is not None and name not in point:
                known = ", ".join(f"{{{axis}}}" for axis in point) or "nothing"
                raise UsageError(
                    f"{key} = {text!r} has {{{name}}}, which the benchmark does not say; it says "
                    f"{known}"
                )
        return text.format(**point)
    except (ValueError, AttributeError, IndexError, KeyError):
        raise UsageError(f"{key} = {text!r} has a brace too many; write {{core}}") from None


def _parse(key: str, point: dict[str, str], parse: Callable[[str], Any]) -> Any:
    if key not in point:
        return None
    try:
        return parse(point[key])
    except UsageError as error:
        raise UsageError(f"{key}: {error}") from None
