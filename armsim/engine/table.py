"""The instruction table: every encoding, derived from the definitions."""

from armsim.dsl import definitions
from armsim.isa.manual import missing

HEADING = "## Every encoding\n"


def markdown_table() -> str:
    """Return all encodings as Markdown, grouped by family."""
    lines: list[str] = []
    family = ""
    for instruction in definitions():
        if instruction.family != family:
            family = instruction.family
            lines += ["", f"### {family}", ""]
            lines += [
                "| name | bits | assembly | timing | needs | what |",
                "| - | - | - | - | - | - |",
            ]
        text = instruction.template.replace("|", "\\|")
        lines.append(
            f"| {instruction.name} | `{instruction.pattern.text}` | `{text}` | "
            f"{instruction.timing.name.lower()} | {instruction.needs} | "
            f"{instruction.doc.splitlines()[0]} |"
        )
    absent = missing(instruction.template for instruction in definitions())
    lines += [
        "",
        "### Missing",
        "",
        f"Of the manual's instructions: {', '.join(absent) or 'none'}.",
    ]
    return "\n".join(lines).lstrip("\n") + "\n"


def with_table(readme: str) -> str:
    """Return the text of armsim/isa/README.md with the table of today behind `HEADING`."""
    head, _, _ = readme.partition(HEADING)
    return f"{head}{HEADING}\n{markdown_table()}"
