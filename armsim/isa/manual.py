"""The mnemonics of the Armv7-M manual, chapters A7.7 and B5.2: what the table must have.

Written down apart from the definitions, so that one that is forgotten shows.
"""

from collections.abc import Iterable

INTEGER = """
    adc add addw adr and asr b bfc bfi bic bkpt bl blx bx cbnz cbz cdp cdp2 clrex clz cmn cmp cps
    csdb dbg dmb dsb eor isb it ldc ldc2 ldm ldmdb ldr ldrb ldrbt ldrd ldrex ldrexb ldrexh ldrh
    ldrht ldrsb ldrsbt ldrsh ldrsht ldrt lsl lsr mcr mcr2 mcrr mcrr2 mla mls mov movt movw mrc mrc2
    mrrc mrrc2 mrs msr mul mvn nop orn orr pld pli pop push rbit rev rev16 revsh ror rrx rsb sbc
    sbfx sdiv sev smlal smull ssat stc stc2 stm stmdb str strb strbt strd strex strexb strexh strh
    strht strt sub subw svc sxtb sxth tbb tbh teq tst ubfx udf udiv umlal umull usat uxtb uxth wfe
    wfi yield
"""
DSP = """
    pkhbt pkhtb qadd qadd16 qadd8 qasx qdadd qdsub qsax qsub qsub16 qsub8 sadd16 sadd8 sasx sel
    shadd16 shadd8 shasx shsax shsub16 shsub8 smlabb smlabt smlatb smlatt smlad smladx smlalbb
    smlalbt smlaltb smlaltt smlald smlaldx smlawb smlawt smlsd smlsdx smlsld smlsldx smmla smmlar
    smmls smmlsr smmul smmulr smuad smuadx smulbb smulbt smultb smultt smulwb smulwt smusd smusdx
    ssat16 ssax ssub16 ssub8 sxtab sxtab16 sxtah sxtb16 uadd16 uadd8 uasx uhadd16 uhadd8 uhasx
    uhsax uhsub16 uhsub8 umaal uqadd16 uqadd8 uqasx uqsax uqsub16 uqsub8 usad8 usada8 usat16 usax
    usub16 usub8 uxtab uxtab16 uxtah uxtb16
"""
FLOATING_POINT = """
    vabs vadd vcmp vcmpe vcvt vcvta vcvtb vcvtm vcvtn vcvtp vcvtr vcvtt vdiv vfma vfms vfnma vfnms
    vldmdb vldmia vldr vmaxnm vminnm vmla vmls vmov vmrs vmsr vmul vneg vnmla vnmls vnmul vpop vpush
    vrinta vrintm vrintn vrintp vrintr vrintx vrintz vseleq vselge vselgt vselvs vsqrt vstmdb vstmia
    vstr vsub
"""


def missing(templates: Iterable[str]) -> list[str]:
    """Return the manual's mnemonics that none of the assembly templates begins with."""
    have = {
        template.partition(" ")[0].partition(".")[0].partition("{")[0] for template in templates
    }
    return [name for name in f"{INTEGER}{DSP}{FLOATING_POINT}".split() if name not in have]
