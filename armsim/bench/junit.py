"""Results of a suite as JUnit XML: a test case for each, which fails if it became slower."""

import re
from xml.etree import ElementTree

from armsim.bench.case import Result
from armsim.report.baselines import difference
from armsim.report.compare import SLOWER, Comparison

NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(suite: str, results: list[Result], comparison: Comparison | None) -> str:
    """Return the XML; times are simulated seconds."""
    slower = {
        change.was.key.test: change
        for change in (comparison.changes if comparison else [])
        if change.verdict == SLOWER
    }
    failures = sum(bool(result.failure) or result.name in slower for result in results)
    root = ElementTree.Element("testsuites")
    parent = ElementTree.SubElement(
        root, "testsuite", name=suite, tests=str(len(results)), failures=str(failures),
        errors="0", skipped="0", time=f"{sum(result.seconds for result in results):.9f}",
    )  # fmt: skip
    for result in results:
        case = ElementTree.SubElement(
            parent, "testcase", classname=suite, name=result.name, time=f"{result.seconds:.9f}"
        )
        listed = ElementTree.SubElement(case, "properties")
        subject = result.subject
        values = {
            "board": subject.board, "core": subject.core, "timing_model": subject.timing_model,
            "compiler": subject.compiler, "cycles": result.cycles,
            "instructions": result.instructions,
        }  # fmt: skip
        values |= {f"cycles.{cause}": count for cause, count in result.causes.items()}
        for name, value in values.items():
            ElementTree.SubElement(listed, "property", name=name, value=_plain(str(value)))
        if result.failure:
            ElementTree.SubElement(case, "failure", message=_plain(result.failure))
        elif change := slower.get(result.name):
            told = f"{change.cycles:+,} cycles ({change.share:+.2%}): {change.why()}"
            failure = ElementTree.SubElement(case, "failure", message=_plain(told))
            failure.text = _plain(difference(change.now, change.was))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + (
        ElementTree.tostring(root, encoding="unicode") + "\n"
    )


def _plain(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return NOT_IN_XML.sub("?", text)
