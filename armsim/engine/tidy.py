"""Numba's IR text made small and stable, so that it can be shipped, linked and read."""

import hashlib
import re
from collections.abc import Callable

_PICKLE = re.compile(r"^@\.const\.pickle.*\n", re.M)
_PICKLE_USE = re.compile(r"@\.const\.picklebuf\.[\w.]+")
_ENVIRONMENT = re.compile(r"^@_ZN08NumbaEnv.*\n", re.M)
_METADATA_USE = re.compile(r", !(?:noalias|alias\.scope|prof|range|tbaa|llvm\.loop) !\d+")
_METADATA = re.compile(r"^!.*\n", re.M)
_HEADER = re.compile(r"^(?:; ModuleID|source_filename|target |; Function Attrs).*\n", re.M)
_DEFINITION = re.compile(r'^define .*?(@(?:"[^"]+"|[\w.$-]+))\(.*?^}\n', re.M | re.S)
_GLOBAL = re.compile(r"^(@[\w.$-]+) = .*\n", re.M)
_NAME = re.compile(r'@(?:"[^"]+"|[\w.$-]+)')


def tidy(name: str, text: str, new_name: str) -> str:
    """Give a module stable names: `new_name` for the meaning, digests for what it calls.

    What Numba keeps for Python exceptions goes: here a nonzero status is all there is to know.
    Modules in which a helper has the same body share it when they are linked.
    """
    for pattern, replacement in (
        (_PICKLE, ""), (_PICKLE_USE, "null"), (_ENVIRONMENT, ""),
        (_METADATA_USE, ""), (_METADATA, ""), (_HEADER, ""),
    ):  # fmt: skip
        text = pattern.sub(replacement, text)
    bodies = {match.group(1): match.group() for match in _DEFINITION.finditer(text)}
    bodies.update({match.group(1): match.group() for match in _GLOBAL.finditer(text)})
    renamed: dict[str, str] = {}
    main = next(symbol for symbol in bodies if symbol.strip('@"') == name)

    def digest(symbol: str) -> str:
        if symbol not in renamed:
            renamed[symbol] = symbol  # a recursive reference keeps its name
            body = bodies[symbol].replace(symbol, "@self")
            body = _NAME.sub(lambda m: digest(m[0]) if m[0] in bodies else m[0], body)
            shape = hashlib.sha256(body.encode()).hexdigest()[:16]
            renamed[symbol] = f"@{new_name}" if symbol == main else f"@helper_{shape}"
        return renamed[symbol]

    digest(main)
    text = _NAME.sub(lambda match: renamed.get(match[0], match[0]), text)
    return re.sub(
        r"^(define) (?:linkonce_odr |weak |internal )?", _linkage(new_name), text, flags=re.M
    )


def _linkage(main: str) -> Callable[[re.Match[str]], str]:
    def choose(match: re.Match[str]) -> str:
        line = match.string[match.start() : match.string.index("\n", match.start())]
        return "define " if f"@{main}(" in line else "define linkonce_odr "

    return choose
