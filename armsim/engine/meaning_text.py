"""The IR of meanings as the translator takes it: inlined, or called with the real context."""

import re
from collections.abc import Iterable, Mapping

from armsim.engine.context import Context

_FUNCTION = re.compile(r"^define [^@]*@([\w.]+)\(.*?^}\n", re.M | re.S)
_PARAMETER = re.compile(r"\b(ptr|i64|i32|i8|i1|double) [^%]*%")
_CALLED = re.compile(r"@(helper_\w+|meaning_\w+)")
_GLOBAL = re.compile(r"^@[\w.$-]+ = .*\n", re.M)
_DECLARED = re.compile(r"^declare .*@(?!helper_|meaning_).*\n", re.M)
_PLACE = re.compile(r"(%[\w.]+) = getelementptr i8, ptr %arg\.cpu\.0, i64 (\d+)$", re.M)
_STORED = re.compile(r"^  store (?:<(\d+) x )?i(\d+)>? .*, ptr (%[\w.]+),", re.M)
_GROUP = re.compile(r" #\d+$")  # of attributes
_LARGEST = 700  # lines of a meaning that is still inlined
_WORDS = (Context.CYCLES, Context.SURPRISED, Context.CHARGED)


class MeaningTexts:
    """The compiled meanings by symbol.

    A helper that does not take `cpu`, and a cold function, are called where the threaded engine has
    them. A cold function gets the real context; what it changes there is copied.
    """

    def __init__(self, modules: Mapping[str, str], cold: Iterable[str]) -> None:
        self._modules = modules
        self._cold = frozenset(cold)
        self._functions: dict[str, str] = {}
        self._others: dict[str, str] = {}  # globals and declarations of a module
        self._words: dict[str, set[int]] = {}

    def _load(self, symbol: str) -> None:
        if symbol in self._functions or symbol not in self._modules:
            return
        text = self._modules[symbol]
        for match in _FUNCTION.finditer(text):
            self._functions[match[1]] = match[0]
        self._others[symbol] = "".join(_GLOBAL.findall(text)) + "".join(_DECLARED.findall(text))

    def fits(self, symbol: str) -> bool:
        """Tell whether a meaning is small enough to be inlined."""
        return sum(self._functions[name].count("\n") for name in self._inlined(symbol)) <= _LARGEST

    def _is_outside(self, name: str) -> bool:
        if name in self._cold:
            return True
        header = self._functions[name].split("\n", 1)[0]
        return name.startswith("helper_") and "cpu" not in header

    def _inlined(self, symbol: str) -> set[str]:
        """Return the functions that have to be in the module for a meaning."""
        self._load(symbol)
        found: set[str] = set()
        todo = [symbol]
        while todo:
            name = todo.pop()
            if name in found or self._is_outside(name):
                continue
            found.add(name)
            todo += _CALLED.findall(self._functions[name].split("\n", 1)[1])
        return found

    def written_words(self, symbols: Iterable[str]) -> set[int]:
        """Return the words of the state that meanings write at fixed places."""
        written: set[int] = set()
        for symbol in symbols:
            if symbol not in self._words:
                inlined = self._inlined(symbol)
                self._words[symbol] = set().union(*(_written(self._functions[n]) for n in inlined))
            written |= self._words[symbol]
        return written

    def module(self, symbols: Iterable[str]) -> tuple[str, list[str]]:
        """Return the definitions that a region needs, and the symbols it imports."""
        inlined: set[str] = set()
        for symbol in symbols:
            inlined |= self._inlined(symbol)
        outside: set[str] = set()
        parts: list[str] = []
        others: dict[str, None] = {}
        for name in sorted(inlined):
            text = self._functions[name]
            outside |= {n for n in _CALLED.findall(text.split("\n", 1)[1]) if n not in inlined}
            head, body = text.split("\n", 1)
            head = re.sub(r"^define (linkonce_odr )?", "define internal ", head)
            head = re.sub(r"\) (local_unnamed_addr )?(#\d+ )?\{$", ") alwaysinline {", head)
            parts.append(f"{head}\n{body}")
        for symbol in symbols:
            lines = (_GROUP.sub("", line) for line in self._others[symbol].splitlines())
            others.update(dict.fromkeys(lines))
        imports = []
        for name in sorted(outside):
            if name in self._cold:
                parts.append(self._wrapper(name))
                imports.append(name)
            else:
                parts.append(self._declaration(name, name))
                imports.append(name)
        return "\n".join([*others, *parts]) + _WEIGHTS, imports

    def _parameters(self, name: str) -> list[str]:
        self._load(name)
        return _PARAMETER.findall(self._functions[name].split("\n", 1)[0])

    def _declaration(self, name: str, symbol: str) -> str:
        return f"declare i32 @{symbol}({', '.join(self._parameters(name))})"

    def _wrapper(self, name: str) -> str:
        """Return a function that calls a cold one with the real context."""
        count = len(self._parameters(name)) - 4
        numbers = "".join(f", i64 %n{k}" for k in range(count))
        before = after = ""
        for word in _WORDS:
            before += f"""  %l{word} = getelementptr i64, ptr %context, i64 {int(word)}
  %r{word} = getelementptr i64, ptr %real, i64 {int(word)}
  %b{word} = load i64, ptr %l{word}, align 8
  store i64 %b{word}, ptr %r{word}, align 8
"""
            if word is Context.CHARGED:
                continue
            after += f"""  %a{word} = load i64, ptr %r{word}, align 8
  store i64 %a{word}, ptr %l{word}, align 8
"""
        given = "ptr %scratch, ptr %scratch, ptr null, ptr %real"
        return f"""{self._declaration(name, name + ".outside")}
define internal i32 @{name}(ptr %ret, ptr %exc, ptr %state, ptr %context{numbers}) alwaysinline {{
  %self = getelementptr i64, ptr %context, i64 {int(Context.SELF)}
  %real = load ptr, ptr %self, align 8
  %scratch = getelementptr i64, ptr %real, i64 {int(Context.SCRATCH)}
{before}  %status = call i32 @{name}.outside({given}{numbers}) cold
{after}  ret i32 0
}}
"""


def _written(text: str) -> set[int]:
    """Return the words of the state that a function stores to at fixed places."""
    places = {name: int(offset) // 4 for name, offset in _PLACE.findall(text)}
    written: set[int] = set()
    for count, bits, name in _STORED.findall(text):
        if name in places:  # LLVM merges stores to neighbours
            words = max(1, int(count or 1) * int(bits) // 32)
            written.update(range(places[name], places[name] + words))
    return written


_WEIGHTS = """
!0 = !{!"branch_weights", i32 1, i32 4000}
!1 = !{!"branch_weights", i32 4000, i32 1}
"""
