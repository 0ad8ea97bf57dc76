"""Instructions for coprocessors other than the FPU, of which these cores have none.

Manual A5.3.18, A7.7.22, A7.7.39, A7.7.40, A7.7.72, A7.7.73, A7.7.80, A7.7.81, A7.7.158. They raise
UsageFault with NOCP whatever their registers are, so the rules for registers are not checked.
"""

from armsim.dsl import Timing, insn

# first bits, suffix: the forms that may be conditional, and the others
_BOTH = (("1110", ""), ("1111", "2"))
_TRANSFER = "{coproc}, #{opc1}, {rt}, {crn}, {crm}, #{opc2}"
_DOUBLE = "{coproc}, #{opc1}, {rt}, {rt2}, {crm}"
_ADDRESSES = (  # P, U, W, name, address
    ("1", "1", "0", "offset", "[{rn}{, #imm}]"),
    ("1", "0", "0", "minus", "[{rn}, #-{imm}]"),
    ("1", "1", "1", "pre", "[{rn}, #{imm}]!"),
    ("1", "0", "1", "pre_minus", "[{rn}, #-{imm}]!"),
    ("0", "1", "1", "post", "[{rn}], #{imm}"),
    ("0", "0", "1", "post_minus", "[{rn}], #-{imm}"),
    ("0", "1", "0", "option", "[{rn}], {{option}}"),
)


def absent(cpu, coproc):
    """Find no such coprocessor."""
    cpu.system.no_coprocessor(coproc)


def _define(bits: str, text: str, name: str, **operands: str) -> None:
    insn(bits, text, Timing.EXCEPTION, system=True, operands=operands, name=name)(absent)


for _first, _suffix in _BOTH:
    for _load, _name, _pair in (("0", "mcr", "mcrr"), ("1", "mrc", "mrrc")):
        _rt = "rt:nopc" if _load == "1" else "rt:4"
        _define(
            f"{_first} 1110 opc1:3 {_load} crn:4 {_rt} coproc:nofp opc2:3 1 crm:4",
            f"{_name}{_suffix} {_TRANSFER}",
            f"{_name}{_suffix}_t1",
        )
        _define(
            f"{_first} 1100 010 {_load} rt2:4 rt:4 coproc:nofp opc1:4 crm:4",
            f"{_pair}{_suffix} {_DOUBLE}",
            f"{_pair}{_suffix}_t1",
        )
    _define(
        f"{_first} 1110 opc1:3 1 crn:4 1111 coproc:nofp opc2:3 1 crm:4",
        f"mrc{_suffix} {_TRANSFER}".replace("{rt}", "apsr_nzcv"),
        f"mrc{_suffix}_flags_t1",
    )
    _define(
        f"{_first} 1110 opc1:4 crn:4 crd:4 coproc:nofp opc2:3 0 crm:4",
        f"cdp{_suffix} {{coproc}}, #{{opc1}}, {{crd}}, {{crn}}, {{crm}}, #{{opc2}}",
        f"cdp{_suffix}_t1",
    )
    for _load, _name in (("0", "stc"), ("1", "ldc")):
        for _long in ("0", "1"):
            for _p, _u, _w, _form, _address in _ADDRESSES:
                _mnemonic = _name + _suffix + "l" * int(_long)
                _define(
                    f"{_first} 110 {_p} {_u} {_long} {_w} {_load} rn:4 crd:4 coproc:nofp imm8:8",
                    f"{_mnemonic} {{coproc}}, {{crd}}, {_address}",
                    f"{_mnemonic}_{_form}",
                    imm="imm8:00",
                    option="imm8",
                )
