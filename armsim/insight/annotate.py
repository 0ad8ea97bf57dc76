"""A function instruction by instruction: how often, how many cycles, and why."""

from collections import Counter
from collections.abc import Iterator

from armsim.engine.counts import Place
from armsim.engine.disassembler import disassemble
from armsim.errors import UsageError, suggest
from armsim.machine.image import Image, Symbol
from armsim.session import Session


def find_function(image: Image, name: str) -> Symbol:
    """Return a function by name.

    Raises:
        UsageError: there is none; it names those that come near.
    """
    symbol = image.symbol(name)
    if symbol is not None and image.function_at(symbol.address) is not None:
        return symbol
    known = [found.name for found in image.symbols if found.kind == "func"]
    raise UsageError(f"{image.path}: there is no function {name}{suggest(name, known, 3)}")


def annotate(session: Session, function: Symbol) -> str:
    """Return the table of a function after a run.

    A row has the address, the instruction, how often it was executed, its cycles in all and for
    each time, and their causes. Cycles that only the run can know are marked with an asterisk and
    stand with the first instruction of the block that met them.
    """
    places = session.engine.code.by_address()
    inside = [at for at in sorted(places) if _is_in(session.image, at, function)]
    total = sum(sum(places[at].causes.values()) for at in inside)
    lines = [
        f"{function.name}: {total:,} cycles",
        f"{'address':>10}  {'times':>11} {'cycles':>13} {'each':>7}  {'instruction':<36} why",
    ]
    where = None
    for at in inside:
        line = session.image.line_at(at)
        if line is not None and line != where:
            where = line
            lines.append(f"{line[0]}:{line[1]}")
        lines.append(_row(at, places[at]))
    if not inside:
        lines.append("(it was not executed)")
    return "\n".join(lines) + "\n"


def _is_in(image: Image, address: int, function: Symbol) -> bool:
    found = image.function_at(address)
    return found is not None and found.address == function.address


def _row(address: int, place: Place) -> str:
    cycles = sum(place.causes.values())
    each = f"{cycles / place.times:.2f}" if place.times else ""
    why = ", ".join(_reasons(place))
    text = disassemble(place.step) if place.step is not None else ""
    return f"{address:#010x}  {place.times:>11,} {cycles:>13,} {each:>7}  {text:<36} {why}".rstrip()


def _reasons(place: Place) -> Iterator[str]:
    own = Counter(place.causes)
    own.subtract(place.charged)
    for cause, count in own.most_common():
        if count:
            yield f"{cause} {count:,}"
    for cause, count in Counter(place.charged).most_common():
        yield f"{cause}* {count:,}"
    for reason, count in Counter(place.lost).most_common():
        yield f"alone {count:,} ({reason})"
