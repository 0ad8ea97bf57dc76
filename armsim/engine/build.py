"""Building the interpreter: meanings to IR in parallel, one module, one object, kept on disk."""

import hashlib
import json
import lzma
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache as memoize
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import armsim.isa
from armsim.dsl import definitions, state
from armsim.engine import cache
from armsim.engine.context import FIRST_MEANING
from armsim.engine.loop import loop_ir
from armsim.engine.semantics import (
    Compiler,
    cold_parts,
    fingerprint,
    full_name,
    meanings,
    symbol,
)
from armsim.engine.tidy import tidy
from armsim.engine.worker import compile_all

Meaning = Callable[..., Any]
SHIPPED = Path(__file__).with_name("meanings.xz")  # compiled by Numba when the package was made
Progress = Callable[[int, int], None]


@memoize
def operation_table(charges: tuple[Meaning, ...]) -> dict[Meaning, int]:
    """Return the operation number of every compiled meaning; run-time charges come last."""
    ordered: list[Meaning] = [set_pc, fp_guard]
    ordered += [instruction.meaning for instruction in meanings(definitions())]
    ordered += charges
    return {meaning: FIRST_MEANING + k for k, meaning in enumerate(ordered)}


def compiled_functions(charges: tuple[Meaning, ...]) -> list[Meaning]:
    """Return all that is compiled on its own."""
    table = operation_table(charges)
    return [*table, state.condition_passed, *cold_parts(table)]


def set_pc(cpu: Any, value: int) -> None:
    """Let the next instruction read `value` as PC."""
    state.set_slot(cpu, state.PC, value)


def fp_guard(cpu: Any) -> None:
    """Leave for the machine where an FP instruction has to do more than its work."""
    if state.slot(cpu, state.FP_ACTIVE) == 0:
        state.usage_fault(cpu, state.NOCP)


def parameters(meaning: Meaning) -> int:
    """Return how many operands a meaning takes."""
    assert isinstance(meaning, FunctionType)
    return meaning.__code__.co_argcount - 1


@memoize
def target_name() -> str:
    """Return what native code depends on: LLVM's version, host processor and its features."""
    from llvmlite import binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm.llvm_version_info} {llvm.get_host_cpu_name()} {features}"


def source_digest(charges: Sequence[Meaning]) -> str:
    """Return a digest of all source that the object is made from."""
    from armsim.engine import accesses, context, semantics, tidy

    root = Path(armsim.isa.__file__).parents[1]
    files = sorted([*root.glob("isa/*.py"), *root.glob("dsl/*.py"), root / "bits.py"])
    modules: list[ModuleType] = [sys.modules[__name__], accesses, context, semantics, tidy]
    modules.append(sys.modules[loop_ir.__module__])
    files += [Path(str(module.__file__)) for module in modules]
    files += sorted({Path(charge.__code__.co_filename) for charge in charges})
    digest = hashlib.sha256(target_name().encode())
    for path in files:
        digest.update(path.read_bytes())
    digest.update(" ".join(full_name(charge) for charge in charges).encode())  # type: ignore[arg-type]
    return digest.hexdigest()[:32]


def object_code(charges: tuple[Meaning, ...], progress: Progress | None = None) -> bytes:
    """Return the interpreter as an object file, from the cache or built now.

    Args:
        charges: run-time charges of the timing models.
        progress: called with how many meanings are ready and how many there are.
    """
    name = f"interpreter-{source_digest(charges)}.o"
    code = cache.read(name)
    if code is None:
        code = _build(charges, progress)
        cache.write(name, code)
    return code


def _build(charges: tuple[Meaning, ...], progress: Progress | None) -> bytes:
    table = operation_table(charges)
    wanted = compiled_functions(charges)
    texts = _cached_texts()
    keys = {meaning: fingerprint(meaning) for meaning in wanted}
    missing = [meaning for meaning in wanted if keys[meaning] not in texts]
    done = len(wanted) - len(missing)
    if missing:
        for number, text in _compile(missing):
            texts[keys[missing[number]]] = text
            done += 1
            if progress:
                progress(done, len(wanted))
        kept = {key: texts[key] for key in keys.values()}
        cache.write("meanings.json", json.dumps(kept).encode())
    modules = [texts[keys[meaning]] for meaning in wanted]
    operations = [(symbol(meaning), parameters(meaning)) for meaning in table]
    loop = loop_ir(operations, symbol(state.condition_passed))
    return optimise([*modules, loop], "run")


def _cached_texts() -> dict[str, str]:
    """Return IR by fingerprint: what the package ships, and what was compiled here before."""
    texts: dict[str, str] = {}
    if SHIPPED.is_file():
        texts.update(json.loads(lzma.decompress(SHIPPED.read_bytes())))
    data = cache.read("meanings.json")
    if data:
        texts.update(json.loads(data))
    return texts


def write_shipped(charges: tuple[Meaning, ...], progress: Progress | None = None) -> int:
    """Compile what changed and write the IR of every meaning for the package to ship.

    Returns how many had to be compiled. `charges` are those of all timing models.
    """
    wanted = compiled_functions(charges)
    texts = _cached_texts()
    keys = {meaning: fingerprint(meaning) for meaning in wanted}
    missing = [meaning for meaning in wanted if keys[meaning] not in texts]
    for done, (number, text) in enumerate(_compile(missing), 1):
        texts[keys[missing[number]]] = text
        if progress:
            progress(done, len(missing))
    kept = {key: texts[key] for key in sorted(keys.values())}
    packed = lzma.compress(json.dumps(kept).encode(), preset=9 | lzma.PRESET_EXTREME)
    SHIPPED.write_bytes(packed)
    return len(missing)


def _compile(wanted: list[Meaning]) -> Iterator[tuple[int, str]]:
    """Yield (number, IR text) for each meaning, on all processors."""
    missing = set(range(len(wanted)))
    workers = min(os.cpu_count() or 1, 8, 1 + len(wanted) // 8)
    if workers > 1:
        names = [full_name(meaning) for meaning in wanted]  # type: ignore[arg-type]
        for number, text in compile_all(names, workers):
            missing.remove(number)
            yield number, text
    for number in sorted(missing):
        yield number, compile_one(wanted[number])


@memoize
def _compiler() -> Compiler:
    return Compiler()


def compile_one(meaning: Meaning) -> str:
    """Return the IR text of a meaning."""
    name, text = _compiler().ir(meaning, parameters(meaning))
    return tidy(name, text, symbol(meaning))


def optimise(modules: Sequence[str], entry: str) -> bytes:
    """Link IR modules, keep only `entry` visible, optimise and return an object file."""
    from llvmlite import binding as llvm

    machine = target_machine()
    whole = llvm.parse_assembly(modules[-1])
    whole.triple = machine.triple
    whole.data_layout = str(machine.target_data)
    for text in modules[:-1]:
        whole.link_in(llvm.parse_assembly(text))
    for function in whole.functions:
        if not function.is_declaration and function.name != entry:
            function.linkage = "internal"
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(whole, builder)
    return bytes(machine.emit_object(whole))


@memoize
def target_machine() -> Any:
    """Return LLVM's description of this host, set up for position-independent code in memory."""
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2,
        jit=True,
    )


def load(code: bytes, entry: str) -> tuple[Any, int]:
    """Load an object file; return what keeps it alive and the address of `entry`."""
    from llvmlite import binding as llvm

    target_machine()
    compiler = llvm.create_lljit_compiler(target_machine())
    library = (
        llvm.JITLibraryBuilder()
        .add_object_img(code)
        .add_current_process()
        .export_symbol(entry)
        .link(compiler, "interpreter")
    )
    return (compiler, library), library[entry]
