"""Building the interpreter: meanings to IR in parallel, one module, one object, kept on disk."""

import hashlib
import json
import lzma
import os
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache as memoize
from pathlib import Path
from types import ModuleType
from typing import Any

import armsim.isa
from armsim.dsl import state
from armsim.engine import cache
from armsim.engine.loop import loop_ir
from armsim.engine.operations import Meaning, compiled_functions, operation_table, parameters
from armsim.engine.semantics import Compiler, cold_parts, fingerprint, full_name, symbol
from armsim.engine.threaded import threaded_ir
from armsim.engine.tidy import tidy
from armsim.engine.worker import compile_all

SHIPPED = Path(__file__).with_name("meanings.xz")  # compiled by Numba when the package was made
Progress = Callable[[int, int], None]


@memoize
def target_name() -> str:
    """Return what native code depends on: LLVM's version, host processor and its features."""
    from llvmlite import binding as llvm

    features = llvm.get_host_cpu_features().flatten()
    return f"{llvm.llvm_version_info} {llvm.get_host_cpu_name()} {features}"


def source_digest(charges: Sequence[Meaning]) -> str:
    """Return a digest of all source that the object is made from."""
    from armsim.engine import accesses, context, loop, operations, parts, semantics, threaded
    from armsim.engine import tidy as tidying

    root = Path(armsim.isa.__file__).parents[1]
    files = sorted([*root.glob("isa/*.py"), *root.glob("dsl/*.py"), root / "bits.py"])
    modules: list[ModuleType] = [sys.modules[__name__], accesses, context, semantics, tidying]
    modules += [loop, operations, parts, threaded]
    files += [Path(str(module.__file__)) for module in modules]
    files += sorted({Path(charge.__code__.co_filename) for charge in charges})
    digest = hashlib.sha256(target_name().encode())
    for path in files:
        digest.update(path.read_bytes())
    digest.update(" ".join(full_name(charge) for charge in charges).encode())  # type: ignore[arg-type]
    return digest.hexdigest()[:32]


def object_code(
    charges: tuple[Meaning, ...], engine: str = "threaded", progress: Progress | None = None
) -> bytes:
    """Return the interpreter as an object file, from the cache or built now.

    Args:
        engine: `interpreter` or `threaded`.
        charges: run-time charges of the timing models.
        progress: called with how many meanings are ready and how many there are.
    """
    name = f"{engine}-{source_digest(charges)}.o"
    code = cache.read(name)
    if code is None:
        code = _build(charges, engine, progress)
        cache.write(name, code)
    return code


def _build(charges: tuple[Meaning, ...], engine: str, progress: Progress | None) -> bytes:
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
    outside = outside_symbols(charges, modules)
    engine_ir = {"interpreter": loop_ir, "threaded": threaded_ir}[engine]
    whole = engine_ir(operations, symbol(state.condition_passed), outside)
    return optimise([*modules, whole], {"run", "outside"})


_HELPER = re.compile(r"^define .*@(helper_\w+)\(", re.M)


def outside_symbols(charges: tuple[Meaning, ...], modules: Iterable[str]) -> list[str]:
    """Return the functions of the engine's object that translated regions may call."""
    helpers = {name for text in modules for name in _HELPER.findall(text)}
    return sorted(helpers | {symbol(part) for part in cold_parts(operation_table(charges))})


def texts_by_symbol(charges: tuple[Meaning, ...]) -> tuple[dict[str, str], list[str]]:
    """Return the IR of everything compiled, by symbol, and the functions callable from outside."""
    name = f"texts-{source_digest(charges)}.json"
    data = cache.read(name)
    if data is None:
        texts = _cached_texts()
        found = {symbol(part): texts[fingerprint(part)] for part in compiled_functions(charges)}
        data = json.dumps([found, outside_symbols(charges, found.values())]).encode()
        cache.write(name, data)
    found, outside = json.loads(data)
    return found, outside


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


def optimise(modules: Sequence[str], visible: Container[str]) -> bytes:
    """Link IR modules, keep only some functions visible, optimise and return an object file."""
    from llvmlite import binding as llvm

    machine = target_machine()
    whole = llvm.parse_assembly(modules[-1])
    whole.triple = machine.triple
    whole.data_layout = str(machine.target_data)
    for text in modules[:-1]:
        whole.link_in(llvm.parse_assembly(text))
    for function in whole.functions:
        if not function.is_declaration and function.name not in visible:
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


# A fifth of the time of LLVM's own -O2, and the code is smaller and as fast (measured).
_PASSES = (
    "always_inliner", "global_dead_code_eliminate", "sroa", "instruction_combine", "simplify_cfg",
    "jump_threading", "new_gvn", "dead_store_elimination", "sinking", "simplify_cfg",
)  # fmt: skip


def optimise_region(text: str) -> bytes:
    """Optimise the text of a region in a few passes, and return an object file."""
    from llvmlite import binding as llvm

    machine = target_machine()
    module = llvm.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    passes = llvm.create_new_module_pass_manager()
    for name in _PASSES:
        getattr(passes, f"add_{name}_pass")()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    passes.run(module, llvm.create_pass_builder(machine, options))
    return bytes(machine.emit_object(module))


def region_target() -> str:
    """Return what the object of a region depends on besides its text."""
    return f"{target_name()} {_PASSES}"


class Library:
    """Native code in memory, as long as this object lives; an item is the address of a symbol.

    Each has a linker of its own, as one that is used again keeps something of what is gone.

    Args:
        code: an object file.
        symbols: those to be found.
        imports: the addresses of what it calls.
    """

    def __init__(
        self, code: bytes, symbols: Iterable[str], imports: Mapping[str, int] | None = None
    ) -> None:
        from llvmlite import binding as llvm

        self._compiler = llvm.create_lljit_compiler(target_machine())
        builder = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name in symbols:
            builder.export_symbol(name)
        for name, address in (imports or {}).items():
            builder.import_symbol(name, address)
        self._loaded = builder.link(self._compiler, "engine")

    def __getitem__(self, symbol: str) -> int:
        address = self._loaded[symbol]
        assert isinstance(address, int)
        return address
