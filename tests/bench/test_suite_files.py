"""A suite is expanded to a matrix, and what is wrong with it is told in a line before it runs."""

import pytest

from .conftest import HELLO, Bench

SUM = 'name = "sum"\nimage = "m4.elf"\ncall = "sum"\nargs = [{ random = 8 }, 8]\n'


def one(text: str) -> str:
    return f"[[benchmark]]\n{text}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (one(SUM), ["sum"]),
        (one(SUM.replace('"m4.elf"', '"{core}.elf"') + 'core = ["m7", "m4"]'),
         ["sum[m7]", "sum[m4]"]),
        (one(SUM.replace('"m4.elf"', '"*.elf"')), ["sum[m4]", "sum[m7]"]),
        (one(SUM.replace('"m4.elf"', '["m7.elf", "m4.elf"]')), ["sum[m7]", "sum[m4]"]),
        (one(SUM.replace('= "sum"\nargs', '= ["sum", "sum_slow"]\nargs')
             + 'clock = ["16MHz", "168MHz"]\n'),
         ["sum[sum,16MHz]", "sum[sum,168MHz]", "sum[sum_slow,16MHz]", "sum[sum_slow,168MHz]"]),
        (one(SUM + 'board = ["stm32f4-discovery", "nucleo-l4r5zi"]\nengine = ["auto", "threaded"]'),
         [f"sum[{board},{engine}]" for board in ("stm32f4-discovery", "nucleo-l4r5zi")
          for engine in ("auto", "threaded")]),
        ('[defaults]\ncore = ["m4", "m7"]\nimage = "{core}.elf"\nargs = [{ zeros = 4 }, 4]\n'
         'warm_up = 2\nsame_as = "sum"\n'
         '[[benchmark]]\nname = "a"\ncall = "sum"\n'
         '[[benchmark]]\nname = "b"\nimage = "m4.elf"\ncore = "m4"\ncall = "sum_slow"\n',
         ["a[m4]", "a[m7]", "b"]),
    ],
)  # fmt: skip
def test_lists_are_expanded(bench: Bench, text: str, names: list[str]) -> None:
    bench.write(text)
    outcome = bench.run("--list")
    assert (outcome.status, outcome.out.split()) == (0, names), outcome.err


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("x = ", "suite.toml is not TOML: Invalid value"),
        ("[[benchmrk]]", "suite.toml: unknown key 'benchmrk' (did you mean benchmark?)"),
        ("[defaults]", "suite.toml has no [[benchmark]]; add one with a name and an image"),
        ("[benchmark]\nname = 1", "benchmark is no list of tables; write [[benchmark]]"),
        ("defaults = 1", "defaults is no table; write [defaults]"),
        ("[defaults]\nname = 'x'\n[[benchmark]]", "defaults: name is a benchmark's own"),
        (one(""), "suite.toml: benchmark 1 has no name; add name = ..."),
        (one('name = "x"'), "benchmark 'x': there is no image; add image = ..."),
        (one('name = "x"\nimge = "m4.elf"'),
         "benchmark 'x': unknown key 'imge' (did you mean image?)"),
        (one('name = "x"\nimage = 4'), "benchmark 'x': image = 4 is not a text or a list"),
        (one('name = "x"\nimage = []'), "benchmark 'x': image = [] is not a list of texts"),
        (one(SUM + 'core = ["m4", "m4"]'), "core = ['m4', 'm4'] says something twice"),
        (one(SUM + "warm_up = true"), "warm_up = True is not a number"),
        (one(SUM + "warm_up = -1"), "warm_up = -1 is not 0 to 1000 calls"),
        (one(SUM + "max_cycles = 0"), "max_cycles = 0 is not at least 1"),
        (one('name = "x"\nimage = "no.elf"'), "no.elf does not exist; build it first"),
        (one('name = "x"\nimage = "build/*.elf"'), "image = 'build/*.elf' matches nothing in "),
        (one('name = "x"\nimage = "{core}.elf"'),
         "benchmark 'x': image = '{core}.elf' has {core}, which the benchmark does not say"),
        (one('name = "x"\nimage = "{core.elf"'), "has a brace too many; write {core}"),
        (one(SUM + 'core = "m5"'), "benchmark 'sum': unknown core 'm5'; armsim models m4 and m7"),
        (one(SUM + 'core = "m4"\nboard = ["stm32f4-discovery", "nucleo-f746zg"]'),
         "benchmark 'sum' [nucleo-f746zg]: nucleo-f746zg has a Cortex-M7, not a Cortex-M4"),
        (one(SUM + 'board = "nucleo"'), "benchmark 'sum': unknown board 'nucleo'"),
        (one(SUM + 'clock = "fast"'), "benchmark 'sum': clock: 'fast' is not a clock"),
        (one(SUM + 'sram = "0x20000000"'), "benchmark 'sum': sram: '0x20000000' is not BASE:SIZE"),
        (one(SUM + 'engine = "jit"'), "benchmark 'sum': unknown engine 'jit'; engines: auto"),
        (one(SUM) + one(SUM), "benchmark 'sum': 'sum' is there twice; rename one of them"),
        (one(SUM + "status = 1"), "status is for a benchmark that runs an image"),
        (one('name = "x"\nimage = "hello.elf"\ncore = "m4"\nsame_as = "y"'),
         "same_as is for a benchmark with call = ...; remove it"),
        (one('name = "x"\nimage = "hello.elf"\ncore = "m4"\nargs = [1]'),
         "args = [1] is not a list of texts"),
        (one('name = "x"\nimage = "hello.elf"\ncore = "m4"\nsemihosting_dir = "no"'),
         "no is not a folder; create it first"),
        (one('name = "x"\nimage = "hello.elf"\ncore = "m4"\noutput = "no.txt"'),
         "no.txt cannot be read: No such file or directory"),
        (one('name = "x"\nimage = "hello.elf"\ncore = "m4"\noutput_sha256 = "12"'),
         "output_sha256 = '12' is not 64 digits"),
        (one('name = "x"\nimage = "hello.elf"'), "does not say which core it is for"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(bench: Bench, text: str, wrong: str) -> None:
    bench.program("hello.elf", HELLO)
    bench.write(text)
    told(bench, wrong)


@pytest.mark.parametrize(
    ("call", "args", "wrong"),
    [
        ("smu", "[]", "m4.elf has no function 'smu' (did you mean sum"),
        ("sum", "[8]", "args has 1 values, not 2: int32_t sum(const int8_t *data, uint32_t n)"),
        ("sum", "[{ radnom = 8 }, 8]", "data = {'radnom': 8} says nothing to point at; write one"),
        ("sum", "[{ random = 8, hgih = 3 }, 8]", "data: unknown key 'hgih'; with random: high"),
        ("sum", "[{ random = -8 }, 8]", "data: random = -8 is no size; write 64 or [8, 8]"),
        ("sum", "[{ zeros = [99999, 99999] }, 8]", "is more than 67,108,864 elements"),
        ("sum", "[{ random = 8, low = -300 }, 8]", "data: -300 to 127 is no range of int8"),
        ("sum", "[{ random = 8, low = 0.5 }, 8]", "low and high = 0.5 is no int8"),
        ("sum", "[{ fill = 200, size = 3 }, 8]", "data = [200] is no array of int8"),
        ("sum", "[{ fill = 2 }, 8]", "data: size = None is no size"),
        ("sum", '[["a"], 8]', "data = ['a'] is no array of int8"),
        ("sum", '[{ zeros = 8, type = "int9" }, 8]', "data: unknown type 'int9'; types: int8"),
        ("sum", '[{ zeros = 8, type = "int16" }, 8]', "where const int8_t * takes int8"),
        ("sum", '[{ file = "no.bin" }, 8]', "data: file no.bin cannot be read"),
        ("sum", '["$datum", 8]', "data = '$datum': [data] has no 'datum'"),
        ("scaled_sum", "[{ value = 0 }]", "has no member 'value' (did you mean values?)"),
        ("scaled_sum", "[{ factor = 3 }]", "s.factor = 3 is no table of the members of struct"),
        ("scaled_sum", "[{ scratch = { zeros = 3 } }]", 'no type of elements; add type = "int8"'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_arguments_is_told(
    bench: Bench, call: str, args: str, wrong: str
) -> None:
    bench.write(one(f'name = "x"\nimage = "m4.elf"\ncall = "{call}"\nargs = {args}\n'))
    told(bench, wrong)


def test_a_function_to_compare_with_must_be_there(bench: Bench) -> None:
    bench.write(one(SUM + 'same_as = "{call}_slwo"'))
    told(bench, "m4.elf has no function 'sum_slwo' (did you mean sum_slow")


def test_a_suite_that_is_not_there_is_told(bench: Bench) -> None:
    told(bench, "suite.toml cannot be read: No such file or directory")


def told(bench: Bench, wrong: str) -> None:
    outcome = bench.run()
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("armsim: ")
    assert outcome.err.count("\n") == 1
    assert wrong in outcome.err
