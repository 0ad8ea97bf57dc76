"""What MSR and MRS do where the manual leaves room or is easily misread."""

from machines import Plain


def test_faultmask_is_cleared_by_msr_as_well() -> None:
    machine = Plain()
    machine.reset()
    machine.place("movs r0, #1\nmsr faultmask, r0\nmrs r1, faultmask\nmovs r0, #0\n"
                  "msr faultmask, r0\nmrs r2, faultmask")  # fmt: skip
    machine.run(6)
    assert [int(word) for word in machine.state[1:3]] == [1, 0]
