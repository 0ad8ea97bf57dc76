"""The instruction table: every encoding, derived from the definitions."""

from armsim.dsl import definitions


def markdown_table() -> str:
    """Return all encodings as Markdown, grouped by family."""
    lines: list[str] = []
    family = ""
    for instruction in definitions():
        if instruction.family != family:
            family = instruction.family
            lines += ["", f"### {family}", "", "| name | bits | assembly | timing | needs | what |",
                      "| - | - | - | - | - | - |"]  # fmt: skip
        text = instruction.template.replace("|", "\\|")
        lines.append(
            f"| {instruction.name} | `{instruction.pattern.text}` | `{text}` | "
            f"{instruction.timing.name.lower()} | {instruction.needs} | "
            f"{instruction.doc.splitlines()[0]} |"
        )
    return "\n".join(lines).lstrip("\n") + "\n"
