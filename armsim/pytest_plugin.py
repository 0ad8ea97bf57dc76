"""Cycles and results of C functions in pytest: the fixture `armsim` and the mark `cycles`.

    @pytest.mark.cycles(max=2000)            # at most; or
    @pytest.mark.cycles(rel=0.001)           # at most 0.1 % more than the baseline
    def test_relu(armsim):
        lib = armsim.load("kernels.elf", core="m7")
        x = np.arange(-64, 64, dtype=np.int8)
        lib.arm_relu_q7(x, x.size)
        assert x.min() == 0

What a test's calls and runs took is added up per image. Baselines are in a JSON file that
`pytest --armsim-update` writes (`armsim_baselines` in the configuration, `armsim-cycles.json`).
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from armsim.library import Call, Library
    from armsim.outcome import Run
    from armsim.report.baselines import Baselines, Measured

DEFAULT_FILE = "armsim-cycles.json"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("armsim", "cycles of Cortex-M code")
    group.addoption("--armsim-core", help="core to load images on where the test names none")
    group.addoption("--armsim-board", help="board to load images on where the test names none")
    group.addoption(
        "--armsim-update", action="store_true", help="write what tests take to the baselines"
    )
    group.addoption(
        "--armsim-benchmark-json", metavar="FILE", help="write cycles as pytest-benchmark does"
    )
    parser.addini("armsim_baselines", "file of the baselines", default=DEFAULT_FILE)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and what collects the figures."""
    config.addinivalue_line(
        "markers",
        "cycles(max=None, rel=None): fail if the test's calls take more than `max` cycles, or more "
        "than the baseline and its share `rel`; without arguments, more than the baseline",
    )
    config.stash[STATE] = State(config)
    config.pluginmanager.register(config.stash[STATE], "armsim-state")


class State:
    """What lasts as long as pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._baselines: Baselines | None = None
        self.libraries: dict[str, Library] = {}
        self.images: dict[str, Path] = {}
        # Of tests that passed, in the process that controls the workers:
        self.measured: list[Measured] = []
        self.notes: list[str] = []
        self._held: list[Measured] = []  # to a baseline

    @property
    def update(self) -> bool:
        """Whether baselines are written, not compared with."""
        return bool(self._config.getoption("--armsim-update"))

    @property
    def baselines(self) -> "Baselines":
        """The baselines as they are before this run."""
        if self._baselines is None:
            from armsim.report.baselines import Baselines

            file = self._config.getini("armsim_baselines")
            self._baselines = Baselines(self._config.rootpath / file)
        return self._baselines

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a test measured, here or in a worker of xdist."""
        sent = getattr(report, "armsim", None)
        if sent is None or not report.passed:
            return
        from armsim.report.baselines import Measured

        entries = [Measured.from_dict(entry) for entry in sent["measured"]]
        self.measured += entries
        self.notes += sent["notes"]
        if sent["held"]:
            self._held += entries

    def pytest_sessionfinish(self) -> None:
        """Write files, once for all workers."""
        if hasattr(self._config, "workerinput"):
            return
        if self.update and self._held:
            self.baselines.update(self._held)
            self.notes.append(f"baselines written to {self.baselines.path}: {len(self._held)}")
        file = self._config.getoption("--armsim-benchmark-json")
        if file:
            from armsim import __version__
            from armsim.report.baselines import benchmark_json
            from armsim.report.files import write_whole

            when = datetime.now(UTC).isoformat()
            write_whole(Path(file), benchmark_json(self.measured, __version__, when))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what became quicker, and what was written."""
        if self.notes:
            terminalreporter.write_sep("=", "armsim")
            for note in self.notes:
                terminalreporter.write_line(note)


class Recorder:
    """The fixture `armsim`: loads, builds, runs and calls, and adds up what that took.

    Relative paths are those beside the test, or else in the current folder.
    """

    def __init__(self, item: pytest.Item, folder: Callable[[str], Path]) -> None:
        self._state, self._config = item.config.stash[STATE], item.config
        self._nodeid, self._here, self._folder = item.nodeid, item.path.parent, folder
        self._used: set[str] = set()
        self._sums: dict[tuple[str, str, str, str], _Sum] = {}

    def load(
        self, path: str | Path, core: str | None = None, board: str | None = None, **options: Any
    ) -> "Library":
        """Return an image's functions as `armsim.load` does, as if nothing had run before."""
        from armsim.library import load

        __tracebackhide__ = True
        path = self._find(path)
        core, board = self._choose(core, board)
        key = repr((str(path), _digest(path), core, board, sorted(options.items())))
        library = self._state.libraries.get(key) if key not in self._used else None
        if library is None:
            library = load(path, core, board, **options)
            if key not in self._used:
                self._state.libraries[key] = library
        else:
            library.reset()
        self._used.add(key)
        library.on_call = lambda name, call: self._add_call(library, name, call)
        return library

    def build(self, *sources: str | Path, core: str | None = None, **options: Any) -> Path:
        """Build C sources into an image to load; options are those of `armsim.library.build`.

        The same sources with the same options are built once.
        """
        from armsim.library.build import build

        __tracebackhide__ = True
        core = core or self._config.getoption("--armsim-core") or "m7"
        paths = [self._find(source) for source in sources]
        options["include"] = [self._find(folder) for folder in options.get("include", ())]
        contents = [(str(path), _digest(path)) for path in paths]
        key = repr((contents, core, sorted(options.items())))
        if key not in self._state.images:
            image = self._folder("armsim") / f"{paths[0].stem if paths else 'none'}.elf"
            self._state.images[key] = build(paths, image, core=core, **options)
        return self._state.images[key]

    def call(self, path: str | Path, function: str, *arguments: Any, **options: Any) -> "Call":
        """Call one function of an image; options are those of `load`."""
        __tracebackhide__ = True
        return self.load(path, **options)[function](*arguments)

    def run(
        self, path: str | Path, core: str | None = None, board: str | None = None, **options: Any
    ) -> "tuple[Run, bytes]":
        """Run an image to its end; return the outcome and what it printed, as `run_image` does."""
        from armsim.machine.image import load_image
        from armsim.machine.prototypes import compiler_of
        from armsim.session import run_image

        __tracebackhide__ = True
        path = self._find(path)
        core, board = self._choose(core, board)
        run, printed = run_image(path, core=core, board=board, **options)
        compiler = compiler_of(load_image(path))
        total = self._sum(run.core, run.board, compiler, run.timing_model)
        total.add("run", run.cycles, run.instructions, run.causes, run.clock_hz)
        return run, printed

    def measured(self) -> "list[Measured]":
        """Return what the test took so far, one for each core, board and compiler."""
        from armsim.report.baselines import Key, Measured

        return [
            Measured(
                Key(self._nodeid, *key), total.cycles, total.instructions,
                dict(sorted(total.causes.items())), dict(sorted(total.functions.items())),
                total.seconds,
            )
            for key, total in self._sums.items()
        ]  # fmt: skip

    def _find(self, path: str | Path) -> Path:
        """Return where a relative path leads: from the test's folder, else from here."""
        beside = self._here / path
        return beside if beside.exists() else Path(path)

    def _choose(self, core: str | None, board: str | None) -> tuple[str | None, str | None]:
        if core is None and board is None:
            option = self._config.getoption
            return option("--armsim-core"), option("--armsim-board")
        return core, board

    def _sum(self, *key: str) -> "_Sum":
        core, board, compiler, model = key
        return self._sums.setdefault((core, board, compiler, model), _Sum())

    def _add_call(self, library: "Library", name: str, call: "Call") -> None:
        session = library.session
        total = self._sum(
            session.model.name, session.board.name, library.compiler, session.model.version
        )
        clock = session.board.clock_hz
        total.add(name, call.cycles, call.instructions, call.causes, clock)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


class _Sum:
    def __init__(self) -> None:
        self.cycles = self.instructions = 0
        self.seconds = 0.0
        self.causes: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()

    def add(
        self, name: str, cycles: int, instructions: int, causes: dict[str, int], clock_hz: int
    ) -> None:
        self.cycles += cycles
        self.instructions += instructions
        self.seconds += cycles / clock_hz
        self.causes.update(causes)
        self.functions[name] += cycles


STATE = pytest.StashKey[State]()
RECORDER = pytest.StashKey[Recorder]()
NOTES = pytest.StashKey[list[str]]()


@pytest.fixture
def armsim(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Recorder]:
    """Load, build, run and call Cortex-M code, and measure it."""
    recorder = Recorder(request.node, tmp_path_factory.mktemp)
    request.node.stash[RECORDER] = recorder
    yield recorder
    for library in recorder._state.libraries.values():
        library.on_call = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Judge the cycles of a test that has passed otherwise."""
    yield
    recorder = item.stash.get(RECORDER, None)
    mark = item.get_closest_marker("cycles")
    if mark is None:
        return
    from armsim.errors import ArmsimError

    known = set(mark.kwargs) <= {"max", "rel"} and not mark.args
    if not known:
        pytest.fail("the mark is cycles(max=..., rel=...)", pytrace=False)
    entries = recorder.measured() if recorder is not None else []
    if not entries:
        pytest.fail(
            "the mark `cycles` found nothing to measure: the test called and ran nothing through "
            "the fixture `armsim`",
            pytrace=False,
        )
    try:
        wrong = _judge(item, entries, mark.kwargs.get("max"), mark.kwargs.get("rel"))
    except ArmsimError as error:
        wrong = [str(error)]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)


def _is_held(most: int | None, rel: float | None) -> bool:
    """Whether a mark with these arguments compares with the baseline."""
    return most is None or rel is not None


def _judge(
    item: pytest.Item, entries: "Sequence[Measured]", most: int | None, rel: float | None
) -> list[str]:
    """Return what is wrong with the cycles of a test."""
    from armsim.report.baselines import difference, exceeds

    state, wrong = item.config.stash[STATE], []
    for now in entries:
        if most is not None and now.cycles > most:
            spent = sorted(now.causes.items(), key=lambda pair: -pair[1])
            causes = ", ".join(f"{cause} {count:,}" for cause, count in spent)
            wrong.append(f"{now.key}: {now.cycles:,} cycles, more than {most:,} ({causes})")
        if state.update or not _is_held(most, rel):
            continue
        before = state.baselines.find(now.key)
        renew = f"pytest '{item.nodeid}' --armsim-update"
        if before is None:
            others = "".join(
                f"\nthere is one for {other.compiler}, {other.timing_model}, which is not compared"
                for other in state.baselines.others(now.key)
            )
            wrong.append(f"{now.key}: no baseline; to write one: {renew}{others}")
        elif exceeds(now, before, rel or 0.0):
            allowed = f" (allowed: {rel:.3%} more)" if rel else ""
            wrong.append(
                f"{now.key}: more cycles than the baseline{allowed}\n{difference(now, before)}\n"
                f"If this is meant: {renew}"
            )
        elif now.cycles < before.cycles:
            note = f"{now.key}: fewer cycles than the baseline\n{difference(now, before)}"
            item.stash.setdefault(NOTES, []).append(f"{note}\nTo keep it: {renew}")
    return wrong


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the figures along with the report: to JUnit, and to the process that writes files."""
    recorder = item.stash.get(RECORDER, None) if call.when == "call" else None
    entries = recorder.measured() if recorder is not None else []
    for entry in entries:
        prefix = f"{entry.key.core}." if len(entries) > 1 else ""
        for name in ("cycles", "instructions"):
            item.user_properties.append((f"{prefix}{name}", getattr(entry, name)))
        for cause, count in entry.causes.items():
            item.user_properties.append((f"{prefix}cycles.{cause}", count))
    report = yield
    if entries:
        mark = item.get_closest_marker("cycles")
        report.__dict__["armsim"] = {  # which xdist carries over as it is
            "measured": [entry.as_dict() for entry in entries],
            "held": mark is not None and _is_held(mark.kwargs.get("max"), mark.kwargs.get("rel")),
            "notes": item.stash.get(NOTES, []),
        }
    return report
