"""The texts around the network: `main.c`, its test vector, and how to build them."""

from __future__ import annotations

import numpy as np

from armsim.nn.execute import execute
from armsim.nn.graph import Graph
from armsim.nn.translate.board import CORE_FLAGS
from armsim.nn.translate.c_text import C_TYPES, call, numbers
from armsim.nn.translate.network_text import Network

SEED = 1

_MAIN = """\
/**
 * Runs the network: on the test vector, whose outputs NumPy has computed, or on a file of inputs,
 * one behind the other.
 */
#include <stdio.h>
#include <string.h>

#include "network.h"
#include "stack.h"
#include "stages.h"
#include "test_vector.h"

static struct stage stages[NETWORK_LAYERS];
static uint32_t since;

{buffers}

static void book(int layer)
{{
    finish_stage(&stages[layer], network_layers[layer], &since);
}}

static void run(const {type} *input)
{{
    since = cycle_count();
{run}
}}

static void print_outputs(void)
{{
{prints}
}}

static void print_cycles(void)
{{
    uint32_t cycles = 0;
    for (int i = 0; i < NETWORK_LAYERS; i++) {{
        cycles += stages[i].cycles;
    }}
    printf("cycles: %lu\\n", (unsigned long)cycles);
}}

static int compare(const char *name, const void *ours, const void *theirs, size_t size)
{{
    if (memcmp(ours, theirs, size) == 0) {{
        return 0;
    }}
    fprintf(stderr, "%s is not what NumPy has computed\\n", name);
    return 1;
}}

static int run_file(const char *path)
{{
    {type} *const input = ({type} *)(network_arena + NETWORK_INPUT_PLACE);
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {{
        fprintf(stderr, "%s cannot be opened\\n", path);
        return 1;
    }}
    size_t count = 0;
    size_t got = fread(input, 1, NETWORK_INPUT_SIZE * sizeof *input, file);
    for (; got == NETWORK_INPUT_SIZE * sizeof *input; count++) {{
        run(input);
        print_outputs();
        print_cycles();
        got = fread(input, 1, NETWORK_INPUT_SIZE * sizeof *input, file);
    }}
    fclose(file);
    if (got != 0 || count == 0) {{
        fprintf(stderr, "%s is not made of inputs of %u bytes\\n", path,
                (unsigned)(NETWORK_INPUT_SIZE * sizeof *input));
        return 1;
    }}
    return 0;
}}

int main(int argc, char **argv)
{{
    int wrong = 0;
    stack_paint();
    if (argc > 2) {{
        fprintf(stderr, "usage: network.elf [INPUTS]\\n");
        return 1;
    }}
    if (argc == 2) {{
        wrong = run_file(argv[1]);
    }} else {{
        run(test_input);
        print_outputs();
{compares}
    }}
    const uint32_t stack = stack_used();
    if (!wrong) {{
        putchar('\\n');
        print_stages(stages, NETWORK_LAYERS);
        printf("\\nstack %lu bytes\\n", (unsigned long)stack);
    }}
    return wrong;
}}
"""

_PRINT = """\
    printf("{name}:");
    for (int i = 0; i < NETWORK_{macro}_SIZE; i++) {{
        printf(" %d", output_{name}[i]);
    }}
    putchar('\\n');"""

_CMAKE = """\
# cmake -B build -DCMAKE_TOOLCHAIN_FILE=arm-none-eabi.cmake
# cmake --build build
# armsim run build/network.elf
#
# BOARD is one of those in board/; KERNELS is the folder kernels/ of armsim, or of another copy.
cmake_minimum_required(VERSION 3.16)
project(network C)

set(BOARD {board} CACHE STRING "The board: a name in board/")
set(KERNELS {kernels} CACHE PATH "The folder of the kernels")
if(NOT EXISTS ${{KERNELS}}/include/arm_nnfunctions.h)
  message(FATAL_ERROR "No kernels in ${{KERNELS}}: name armsim's folder kernels/ with -DKERNELS=")
endif()
if(NOT EXISTS ${{CMAKE_CURRENT_SOURCE_DIR}}/board/${{BOARD}}.ld)
  message(FATAL_ERROR "board/${{BOARD}}.ld does not exist: choose a board of board/")
endif()

if(BOARD MATCHES "^({m4_boards})$")
  set(core {m4_flags})
  # GCC's scheduler ahead of register allocation spills the matrix product's pointers on the M4.
  set(kernel_flags -fno-schedule-insns -DSINGLE_ISSUE)
else()
  set(core {m7_flags})
  set(kernel_flags)
endif()
set(CMAKE_C_STANDARD 17)
add_compile_options(${{core}} -O3 -g -Wall -Wextra -ffunction-sections -fdata-sections)

file(GLOB kernel_sources CONFIGURE_DEPENDS ${{KERNELS}}/*/*.c)
list(FILTER kernel_sources EXCLUDE REGEX "/(image|build)/")
add_library(kernels STATIC ${{kernel_sources}})
target_include_directories(kernels PUBLIC ${{KERNELS}}/include)
target_compile_options(kernels PRIVATE ${{kernel_flags}})

add_library(network STATIC network.c weights.c)
target_include_directories(network PUBLIC ${{CMAKE_CURRENT_SOURCE_DIR}})
target_link_libraries(network PUBLIC kernels)

file(GLOB start_sources CONFIGURE_DEPENDS common/*.c)
add_executable(network.elf main.c ${{start_sources}} board/${{BOARD}}.c)
target_include_directories(network.elf PRIVATE common board)
target_link_libraries(network.elf PRIVATE network)
target_link_options(network.elf PRIVATE ${{core}} -nostartfiles --specs=rdimon.specs
  --specs=nano.specs -L${{CMAKE_CURRENT_SOURCE_DIR}}/board -T ${{BOARD}}.ld -Wl,--gc-sections)
set_target_properties(network.elf PROPERTIES LINK_DEPENDS
  ${{CMAKE_CURRENT_SOURCE_DIR}}/board/${{BOARD}}.ld)
"""

TOOLCHAIN = """\
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
"""


def main_source(network: Network) -> str:
    """Write `main.c`."""
    graph = network.graph
    buffers, prints, compares = [], [], []
    for name, c_name in network.outputs.items():
        c_type, macro = C_TYPES[graph.tensor(name).dtype], c_name.upper()
        buffers.append(f"static {c_type} output_{c_name}[NETWORK_{macro}_SIZE];")
        prints.append(_PRINT.format(name=c_name, macro=macro))
        ours = f"output_{c_name}"
        arguments = [f'"{c_name}"', ours, f"test_{c_name}", f"sizeof {ours}"]
        compares += call("wrong |= compare", arguments, depth=2)
    outputs = [f"output_{c_name}" for c_name in network.outputs.values()]
    return _MAIN.format(
        buffers="\n".join(buffers),
        type=C_TYPES[graph.tensor(graph.input).dtype],
        run="\n".join(call("network_run", ["input", *outputs, "book"])),
        prints="\n".join(prints),
        compares="\n".join(compares),
    )


def test_vector(network: Network) -> str:
    """Write `test_vector.h`: a random input and what NumPy makes of it."""
    graph = network.graph
    inputs = random_inputs(graph, 1, SEED)
    arrays = {"test_input": inputs}
    for name, value in execute(graph, inputs).items():
        arrays[f"test_{network.outputs[name]}"] = value
    lines = ["/** A random input and the outputs it must give. */", "#ifndef TEST_VECTOR_H"]
    lines += ["#define TEST_VECTOR_H", "", "#include <stdint.h>", "", "/* clang-format off */"]
    for name, value in arrays.items():
        head = f"static const {C_TYPES[value.dtype.name]} {name}[{value.size}] = {{"
        lines += ["", head, *numbers(value), "};"]
    return "\n".join([*lines, "", "#endif"]) + "\n"


def random_inputs(graph: Graph, count: int, seed: int) -> np.ndarray:
    """Draw inputs over the whole range of their type."""
    first = graph.tensor(graph.input)
    limits = np.iinfo(first.dtype)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(limits.min, limits.max + 1, (count, *first.shape))
    return drawn.astype(first.dtype)


def cmake_lists(board: str, kernels: str, m4_boards: list[str]) -> str:
    """Write `CMakeLists.txt`."""
    quoted = f'"{kernels}"'
    flags = {f"{core}_flags": " ".join(flags) for core, flags in CORE_FLAGS.items()}
    return _CMAKE.format(board=board, kernels=quoted, m4_boards="|".join(m4_boards), **flags)
