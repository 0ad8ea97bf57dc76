"""The command line: `armsim run IMAGE ...` and what lists boards, cores and instructions."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO

from armsim import __version__
from armsim.command_line import Parser
from armsim.errors import ArmsimError, UsageError

EPILOG = """\
exit status: the guest's own; 2 for a wrong option, board or image; 3 when the guest died;
124 when a limit was reached. --json always tells which.
"""

BENCH_EPILOG = """\
a suite:

  [defaults]                            # what each benchmark says that does not say otherwise
  core = ["m4", "m7"]                   # a list: each of its items is measured

  [[benchmark]]                         # an image that runs to its end
  name = "kws"
  image = "build/kws-{core}.elf"        # from the folder of this file; a list or a glob, too

  [[benchmark]]                         # a function of an image that is built with -g
  name = "relu"
  image = "build/kernels-{core}.elf"
  call = ["relu_q7", "relu_fast_q7"]
  args = [{ random = 8000 }, 8000]      # as its prototype asks for, see below
  same_as = "relu_plain_q7"             # fails unless this one gives the same results

lists        image, call, core, board, clock, flash, sram, engine
limits       max_cycles, max_instructions
of images    args (texts), status (default 0), output (a file) or output_sha256,
             semihosting_dir, strict
of calls     args, same_as, warm_up (calls before the one that counts, default 1)
arguments    numbers, enumerators, [1, 2, 3], 0 for NULL, a table for a structure,
             { random = [8, 8], low = 0, high = 9 }, { fill = 3, size = 64 },
             { zeros = 64, scratch = true }, { file = "x.bin" }; type = "int8" for void *

exit status: 1 if a benchmark failed, or takes more cycles than the baseline and threshold allow;
2 for a wrong option or suite.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    _replace_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["nn"]:
        from armsim.nn.__main__ import main as networks

        return networks(arguments[1:])
    guest: list[str] = []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, guest = arguments[:split], arguments[split + 1 :]
    try:
        options = _parser().parse_args(arguments)
        options.guest = guest
        status = int(options.command(options))
        if argv is None:
            _leave(status)
        return status
    except ArmsimError as error:
        print(f"armsim: {error}", file=sys.stderr)
        return error.status
    except OSError as error:  # of stdout or stderr: all else is an ArmsimError
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            return 141
        print(f"armsim: output cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("armsim: interrupted", file=sys.stderr)
        return 130


def _leave(status: int) -> None:
    """End the process at once where a thread compiles what nobody will run any more."""
    workshop = sys.modules.get("armsim.engine.workshop")
    if workshop is not None and workshop.any_at_work():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _replace_closed_streams() -> None:
    """Let nothing come in, and refuse output or drop messages, where the caller closed a stream.

    Python has no object then, and the next file opened would be taken for that stream.
    """
    for name, flags, mode in (
        ("stdin", os.O_RDONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w")
    ):  # fmt: skip
        if getattr(sys, name) is None:
            number = os.open(os.devnull, flags)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def _parser() -> Parser:
    parser = Parser(
        prog="armsim",
        description="Run Cortex-M4 and Cortex-M7 firmware and see where every cycle goes.",
    )
    parser.add_argument("--version", action="version", version=f"armsim {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run an image",
        usage="armsim run IMAGE [options] [-- ARG ...]",
        description="Run an ELF image. What the guest prints goes to stdout, all else to stderr.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.stray = "; arguments of the guest go behind --"
    _add_run_options(run)
    boards = commands.add_parser(
        "boards",
        help="list the boards",
        description="List the boards that `armsim run --board` takes by name: core, clock, memory.",
    )
    boards.set_defaults(command=_boards)
    bench = commands.add_parser(
        "bench",
        help="run a suite of benchmarks",
        usage="armsim bench FILE.toml [options]",
        description="Run images, or functions of them, on cores, boards and clocks, in parallel; "
        "write reports and compare with a baseline.",
        epilog=BENCH_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_bench_options(bench)
    compare = commands.add_parser(
        "compare",
        help="say what changed between two results",
        description="Compare two files of `armsim run --json`, of `armsim bench --json` or of "
        "baselines, by benchmark, function and cause. Exit status 1 if anything takes more cycles "
        "than the threshold allows, or failed.",
    )
    compare.add_argument("old", metavar="OLD.json", type=Path, help="what it is compared with")
    compare.add_argument("new", metavar="NEW.json", type=Path, help="what became of it")
    _add_compare_options(compare)
    compare.set_defaults(command=_compare)
    init = commands.add_parser(
        "init",
        help="write an example: a C function and its pytest",
        description="Write a project to begin with: a C function, a pytest that runs it on both "
        "cores and holds it to its cycles, and pytest.ini. Nothing is overwritten.",
    )
    init.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        nargs="?",
        default=Path(),
        help="where to; it is made if missing (default: here)",
    )
    init.set_defaults(command=_init)
    isa = commands.add_parser(
        "isa",
        help="show the instruction set",
        description="Show every instruction that is modelled, or renew what is derived from them.",
    )
    isa.add_argument("--table", action="store_true", help="show every encoding, as Markdown")
    isa.add_argument(
        "--renew",
        action="store_true",
        help="after a change of definitions: rewrite what this checkout derives from them "
        "(`make docs`)",
    )
    isa.set_defaults(command=_isa)
    commands.add_parser("nn", help="networks: features, training, 8 bits; see armsim nn --help")
    return parser


def _add_compare_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        metavar="PERCENT",
        type=_percent,
        default=0.0,
        help="how much cycles may grow, such as 0.1 (default: 0)",
    )
    parser.add_argument(
        "--any-model", action="store_true", help="compare different timing models, too"
    )
    parser.add_argument(
        "--any-compiler", action="store_true", help="compare code of different compilers, too"
    )


def _add_bench_options(bench: argparse.ArgumentParser) -> None:
    bench.set_defaults(command=_bench)
    bench.add_argument("suite", metavar="FILE.toml", type=Path, help="the suite, see below")
    bench.add_argument("--baseline", metavar="FILE", type=Path, help="compare with this --json")
    _add_compare_options(bench)
    bench.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        default=[],
        help="run those with this in their name, or matching it as a glob; repeatable",
    )
    bench.add_argument("--list", action="store_true", help="show the names, run nothing")
    bench.add_argument(
        "--jobs", "-j", metavar="N", type=_count, help="processes (default: one for each processor)"
    )
    for name, what in (
        ("json", "results, which --baseline and armsim compare read; - for stdout"),
        ("junit", "JUnit XML; what failed or became slower has failed"),
        ("markdown", "a report to read; it is appended to $GITHUB_STEP_SUMMARY, if that is set"),
        ("action", "JSON for github-action-benchmark, tool customSmallerIsBetter"),
    ):
        bench.add_argument(f"--{name}", metavar="FILE", type=Path, help=f"write {what}")
    bench.add_argument("--quiet", "-q", action="store_true", help="only what changed or failed")


def _add_run_options(run: argparse.ArgumentParser) -> None:
    run.set_defaults(command=_run)
    run.add_argument("image", metavar="IMAGE", help="an ELF file for a Cortex-M")
    run.add_argument("--core", help="m4 or m7, or GCC's spellings (default: what the image says)")
    run.add_argument(
        "--board",
        metavar="NAME|FILE",
        help="a board of `armsim boards`, or a TOML file (default: stm32f4-discovery for m4, "
        "nucleo-f746zg for m7)",
    )
    for name, metavar, what in (
        ("clock", "HZ", "core clock, such as 216MHz"),
        ("flash", "BASE:SIZE", "where flash is, such as 0x08000000:2M"),
        ("sram", "BASE:SIZE", "where RAM is, such as 0x20000000:512K"),
    ):
        run.add_argument(f"--{name}", metavar=metavar, help=f"{what} (default: the board's)")
    for unit in ("cycles", "instructions"):
        run.add_argument(
            f"--max-{unit}",
            metavar="N",
            type=_count,
            help=f"stop after N {unit}, such as 1e6 (default: no limit)",
        )
    run.add_argument(
        "--engine",
        default="auto",
        help="auto, interpreter, threaded or translator: how fast, never what comes out "
        "(default: auto)",
    )
    run.add_argument(
        "--annotate",
        metavar="FUNCTION",
        action="append",
        default=[],
        help="then show a function instruction by instruction: how often, cycles, why; repeatable",
    )
    run.add_argument("--json", metavar="FILE", help="write the result there, - for stdout")
    run.add_argument(
        "--semihosting-dir", metavar="DIR", type=Path, help="let the guest use files in DIR"
    )
    run.add_argument("--itm", metavar="FILE", help="write ITM stimulus ports there, not to stderr")
    run.add_argument("--host-time", action="store_true", help="let the guest see the host's time")
    run.add_argument(
        "--strict", action="store_true", help="fault on peripherals that are not modelled"
    )
    run.add_argument("--quiet", "-q", action="store_true", help="one line on stderr at most")


def _count(text: str) -> int:
    try:
        value = int(float(text)) if "e" in text.lower() else int(text.replace("_", ""), 0)
    except (ValueError, OverflowError):
        value = 0
    if value <= 0:
        raise UsageError(f"{text!r} is not a count; write a positive number such as 1000000 or 1e6")
    return value


def _run(options: argparse.Namespace) -> int:
    from armsim.boards.fit import check_fits
    from armsim.boards.texts import parse_clock, parse_region
    from armsim.choices import check_engine, choose_board
    from armsim.insight.annotate import annotate, find_function
    from armsim.machine.image import load_image
    from armsim.report.files import check_writable, write_whole
    from armsim.report.result import summary, to_json
    from armsim.session import Session

    folder: Path | None = options.semihosting_dir
    if folder is not None and not folder.is_dir():
        raise UsageError(f"--semihosting-dir {folder} is not a folder; create it first")
    if options.json not in (None, "-"):
        check_writable("--json", Path(options.json))
    image = load_image(options.image)
    annotated = [find_function(image, name) for name in options.annotate]
    board = choose_board(
        image,
        core=options.core,
        board=options.board,
        clock_hz=parse_clock(options.clock) if options.clock else None,
        flash=parse_region(options.flash) if options.flash else None,
        sram=parse_region(options.sram) if options.sram else None,
    )
    with ExitStack() as files:
        check_engine(options.engine)
        check_fits(image, board)  # before a file is made
        itm = files.enter_context(_create(options.itm)) if options.itm else None
        session = Session(
            image,
            board,
            engine=options.engine,
            arguments=options.guest,
            semihosting_dir=folder,
            itm=itm,
            strict=options.strict,
            host_time=options.host_time,
            report=lambda text: print(f"armsim: {text}", file=sys.stderr),
            progress=_progress,
        )
        run = session.run(max_instructions=options.max_instructions, max_cycles=options.max_cycles)
    if not options.quiet:
        sys.stderr.write(summary(run))
    for function in annotated:
        sys.stderr.write("\n" + annotate(session, function))
    if options.json == "-":
        sys.stdout.write(to_json(run))
    elif options.json is not None:
        write_whole(Path(options.json), to_json(run))
    if run.stop.message:
        print(f"armsim: {options.image}: {run.stop.message}", file=sys.stderr)
    if run.stop.reason == "fault" and not options.quiet:
        from armsim.insight.diagnosis import diagnose

        sys.stderr.write(diagnose(session))
    return run.stop.status


def _create(name: str) -> BinaryIO:
    try:
        return open(name, "wb")
    except OSError as error:
        raise UsageError(f"--itm {name} cannot be written: {error.strerror}") from None


def _progress(done: int, total: int) -> None:
    """Show how far the one-time compilation is; a terminal gets a line that moves."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rarmsim: compiling the instruction set, once: {done}/{total}{end}")
    elif done == total:
        sys.stderr.write(f"armsim: compiled the instruction set, once ({total} meanings)\n")
    sys.stderr.flush()


def _boards(_: argparse.Namespace) -> int:
    from armsim.boards.catalogue import board_names, find_board

    for name in board_names():
        print(f"{name:<18} {find_board(name).description}")
    return 0


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{text!r} is not a percentage; write a number such as 0.1")
    return value / 100


def _compare(options: argparse.Namespace) -> int:
    from armsim.report.compare import compare

    comparison = compare(
        options.old,
        options.new,
        threshold=options.threshold,
        any_model=options.any_model,
        any_compiler=options.any_compiler,
    )
    sys.stdout.write(comparison.text())
    return int(comparison.worse)


def _bench(options: argparse.Namespace) -> int:
    from armsim.bench.command import Options, bench

    known = {field.name for field in fields(Options)}
    return bench(Options(**{key: value for key, value in vars(options).items() if key in known}))


def _init(options: argparse.Namespace) -> int:
    from armsim.library.example import write_example

    for path in write_example(options.folder):
        print(path)
    return 0


def _isa(options: argparse.Namespace) -> int:
    import armsim.isa
    from armsim.engine.build import write_shipped
    from armsim.engine.table import markdown_table, with_table
    from armsim.timing.charges import CHARGES

    if options.table:
        sys.stdout.write(markdown_table())
    elif options.renew:
        readme = Path(armsim.isa.__file__).with_name("README.md")
        readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
        write_shipped(CHARGES, _progress)
    else:
        raise UsageError("nothing to show; use armsim isa --table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
