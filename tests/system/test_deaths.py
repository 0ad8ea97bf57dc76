"""However a program dies, the run ends, and says of what."""

import io
import re
from pathlib import Path

import pytest
from toolchain import require_blessed

from armsim.choices import choose_board
from armsim.insight import diagnosis
from armsim.insight.diagnosis import diagnose
from armsim.machine.image import load_image
from armsim.outcome import Run
from armsim.session import Session

from .builds import PROGRAMS, Build, compile_build

LOOP = "an endless loop in the handler of "
LOCKUP = "lockup: {}, while a fault of the highest priority was being handled"
NOWHERE = "load from 0x90000000: nothing there"
# way to die: (why the run ended, the first fault, the function it happened in)
WAYS = {
    "load": (f"{LOOP}HardFault", f"BusFault at .*: {NOWHERE}", "read_sensor"),
    "load-ticking": (f"{LOOP}HardFault", f"BusFault at .*: {NOWHERE}", "read_sensor"),
    "low-ticking": (f"{LOOP}UsageFault", "UsageFault at .*: undefined instruction", "main"),
    "interrupt": (f"{LOOP}HardFault", f"BusFault at .*: {NOWHERE}", "read_sensor"),
    "lockup": (LOCKUP.format(NOWHERE), "UsageFault at .*: undefined instruction", "main"),
    "storm": (
        "the same fault came 20,000 times and its handler changed nothing",
        "UsageFault at .*: undefined instruction",
        "main",
    ),
    "stack": (LOCKUP.format(".*"), "BusFault at .*: store to 0x90000ffc: nothing there", "main"),
    "recursion": (LOCKUP.format(".*"), "BusFault at .*: store to 0x1f.*", "recurse"),
    "vectors": (
        "lockup: no vector for HardFault: load from 0x6000000c: nothing there",
        "UsageFault at .*: undefined instruction",
        "main",
    ),
    "peripheral": (
        f"{LOOP}HardFault",
        "MemManage at 0x40001000: fetch from 0x40001000: execution is not allowed there",
        "",
    ),
    "masked-fault": (
        "lockup: undefined instruction, with FAULTMASK set",
        "UsageFault at .*: undefined instruction",
        "main",
    ),
    "null": (
        f"{LOOP}HardFault",
        "UsageFault at 0x00000000: a branch to 0x00000000 with bit 0 clear, which asks for .*",
        "",
    ),
    "data": (
        f"{LOOP}HardFault",
        "UsageFault at .*: undefined instruction ffff ffff .*",
        "",
    ),
    "nowhere": (
        f"{LOOP}HardFault",
        "BusFault at 0x90000000: fetch from 0x90000000: no code there",
        "",
    ),
    "arm-state": (
        f"{LOOP}HardFault",
        "UsageFault at .*: a branch to .* with bit 0 clear, which asks for Arm state",
        "stop",
    ),
    "sleep": ("the core sleeps and nothing can wake it", "", "main"),
    "sleep-ticking": ("the core sleeps and nothing can wake it", "", "main"),
    "loop": ("an endless loop in Thread mode that nothing can interrupt", "", "stop"),
    "masked-loop": ("an endless loop in Thread mode that nothing can interrupt", "", "stop"),
    "interrupt-loop": (f"{LOOP}interrupt 3 that nothing can interrupt", "", "loop"),
    "breakpoint": (
        f"{LOOP}HardFault",
        "DebugMonitor at .*: breakpoint #0x3 and no debugger",
        "main",
    ),
    "zero": (f"{LOOP}UsageFault", "UsageFault at .*: division by zero", "main"),
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_build(Build("deaths", "m4-hard", "-O0"), tmp_path_factory.mktemp("deaths"))


def die(image: Path, way: str, **limits: int) -> tuple[Session, Run]:
    loaded = load_image(image)
    board = choose_board(loaded, board="mps2-an386")
    session = Session(loaded, board, arguments=[way], stdout=io.BytesIO(), stdin=io.BytesIO())
    return session, session.run(**limits)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_die_ends_the_run_with_its_cause(image: Path, way: str) -> None:
    why, fault, function = WAYS[way]
    _, run = die(image, way)
    assert (run.stop.reason, run.stop.status) == ("fault", 3)
    story = rf" \({fault}(; then .*)?\)" if fault else ""
    place = rf" in {function} \(.*/(deaths|start)\.c:\d+\)" if function else ""
    assert re.fullmatch(rf"{why}{story}, at 0x[0-9a-f]{{8}}{place}", run.stop.message)
    assert sum(run.causes.values()) == run.cycles


@pytest.mark.parametrize("way", ["loop", "masked-loop", "sleep", "interrupt-loop", "reset-loop"])
def test_a_limit_is_reached_even_where_nothing_happens_any_more(image: Path, way: str) -> None:
    _, run = die(image, way, max_cycles=2_000_000)
    assert (run.stop.reason, run.stop.status) == ("limit", 124)
    assert 2_000_000 <= run.cycles < 2_000_020  # an instruction is not cut in two


def test_the_loop_of_a_fault_handler_is_a_death_whatever_the_limit(image: Path) -> None:
    _, run = die(image, "load", max_cycles=1_000_000_000)
    assert (run.stop.reason, run.stop.status) == ("fault", 3)


def test_a_fault_handler_may_wait_for_an_interrupt_that_gets_past_it(image: Path) -> None:
    _, run = die(image, "high-ticking")
    assert (run.stop.reason, run.stop.status) == ("exit", 0)
    assert run.cycles >= 3000


def backtrace(text: str) -> list[str]:
    return re.findall(r"^    #\d+ +0x\w+ in (\w+)", text, re.MULTILINE)


def test_a_diagnosis_names_fault_instruction_registers_and_callers(image: Path) -> None:
    session, _ = die(image, "load")
    text = diagnose(session)
    assert text.startswith(f"  BusFault, taken as HardFault: {NOWHERE}\n    at 0x")
    assert re.search(r"\n    6\w{3}  ldr r\d, \[r\d\]\n", text)
    assert "cfsr 00008200 (PRECISERR BFARVALID), hfsr 40000000 (FORCED), bfar 90000000\n" in text
    assert "  r0 90000000 " in text
    assert backtrace(text) == ["read_sensor", "average", "main", "Reset_Handler"]
    assert text.count("deaths.c:") == 4


def test_a_backtrace_goes_on_in_the_code_that_was_interrupted(image: Path) -> None:
    session, _ = die(image, "interrupt")
    text = diagnose(session)
    called = ["read_sensor", "average", "fault_in_handler", "dispatch", "any_exception"]
    found = backtrace(text)
    assert found[:5] == called
    assert found[-2:] == ["main", "Reset_Handler"]
    assert text.count("(interrupted here)") == 1
    assert "handler of interrupt 3, privileged; sp is msp" in text


def test_the_readme_shows_a_diagnosis_as_it_is(tmp_path: Path) -> None:
    require_blessed()
    image = compile_build(Build("deaths", "m4-hard", "-O2"), tmp_path)
    session, run = die(image, "interrupt")
    text = f"armsim: app.elf: {run.stop.message}\n{diagnose(session)}"
    readme = (Path(diagnosis.__file__).parent / "README.md").read_text()
    head, tail = readme.partition("```text\n")[2].partition("```")[0].split("     ...\n")
    text = text.replace(f"{PROGRAMS}/", "")
    assert text.startswith(head)
    assert text.rstrip("\n").endswith(tail.rstrip("\n"))


def test_a_call_to_nowhere_shows_the_caller(image: Path) -> None:
    session, _ = die(image, "nowhere")
    text = diagnose(session)
    assert "    #0   0x90000000\n    #1 " in text
    assert backtrace(text) == ["jump", "main", "Reset_Handler"]


def test_endless_recursion_is_told_once_and_the_stack_suspected(image: Path) -> None:
    session, _ = die(image, "recursion")
    text = diagnose(session)
    assert re.search(r"stack pointer, 0x1f\w+, is not in RAM: the stack has overflowed\?", text)
    assert re.search(r"in recurse.*\n     +\.\.\. 1,99\d times more the same\n", text)


def test_without_debug_data_callers_are_guessed_and_said_to_be(tmp_path: Path) -> None:
    image = compile_build(Build("deaths", "m4-hard", "-O0"), tmp_path, "-g0")
    session, _ = die(image, "load")
    text = diagnose(session)
    assert backtrace(text)[:3] == ["read_sensor", "average", "main"]
    assert "(a guess: it stands on the stack)" in text
    assert ".c:" not in text


def test_a_death_without_a_fault_shows_where_it_stands(image: Path) -> None:
    session, _ = die(image, "sleep")
    text = diagnose(session)
    assert text.startswith("  stopped at 0x")
    assert "primask 1" in text
    assert backtrace(text) == ["main", "Reset_Handler"]


def test_a_call_through_a_null_pointer_is_suspected(image: Path) -> None:
    session, _ = die(image, "null")
    text = diagnose(session)
    assert "\n  a null pointer to a function was called?\n" in text
    assert backtrace(text)[-3:] == ["jump", "main", "Reset_Handler"]


def test_a_jump_to_data_names_the_variable(image: Path) -> None:
    session, _ = die(image, "data")
    text = diagnose(session)
    assert re.search(r"\n    at 0x\w+ in no_code\+0, which is no function\n", text)


def test_an_address_behind_all_code_is_in_no_function(image: Path) -> None:
    loaded = load_image(image)
    assert loaded.function_at(0x4000_4000) is None
    code = next(segment for segment in loaded.segments if segment.executable)
    assert loaded.function_at(code.virtual_address + code.virtual_size) is None
