import runpy

from .guest import KERNELS

TOOL = runpy.run_path(str(KERNELS / "tools" / "make_activation_tables.py"))


def test_the_committed_tables_are_the_tool_s():
    source = (KERNELS / "activation" / "activation_tables.c").read_text()
    assert source == "\n".join(TOOL["lines"]()) + "\n"
