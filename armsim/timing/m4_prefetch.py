"""The prefetch queue of a Cortex-M4: three words, one fetched each cycle, decoupled from decode."""

DEPTH = 3  # words (Arm DDI0439; with 2, measured assembly is 2.1 % off)
CODE_BUS = 2  # cycles from address phase to the word in decode
SYSTEM_BUS = 3  # the same from 0x2000_0000 up: that path is registered (Arm DDI0439, 2.3)
FOREVER = 1 << 60


class PrefetchQueue:
    """Words fetched ahead of decode, at cycles as the pipeline counts them.

    Args:
        address: of the next instruction.
        now: the first cycle in which it can execute; it is decoded in the one before.
        arrivals: for each word already fetched, from that instruction's on, how many cycles after
            `now - 1` it arrives.
        latency: cycles from address phase to decode.
    """

    def __init__(self, address: int, now: int, arrivals: tuple[int, ...], latency: int) -> None:
        self.latency = latency
        self._oldest = address >> 2
        self.next = self._oldest + len(arrivals)
        self._slot = now - 1  # the first cycle free for an address phase
        self._arrival = {self._oldest + k: now - 1 + late for k, late in enumerate(arrivals)}
        self._freed: dict[int, int] = {}
        self.issued: list[tuple[int, int]] = []  # (word, cycle of its address phase)

    def _fetch(self, until: int) -> bool:
        """Fetch the next word, unless that would be later than `until`."""
        cycle, word = self._slot, self.next
        leaving = word - DEPTH
        if leaving >= self._oldest:
            cycle = max(cycle, self._freed.get(leaving, FOREVER))
        if cycle > until:
            return False
        self._arrival[word] = cycle + self.latency
        self._slot, self.next = cycle + 1, word + 1
        self.issued.append((word, cycle))
        return True

    def run(self, until: int) -> None:
        """Fetch as far as there is room, up to and with cycle `until`."""
        while self._fetch(until):
            pass

    def arrival(self, word: int) -> int:
        """Return when a word can be decoded."""
        while self.next <= word:
            if not self._fetch(FOREVER - 1):
                raise AssertionError("an instruction needs more words than the queue holds")
        return self._arrival[word]

    def release(self, address: int, size: int, cycle: int) -> None:
        """Free the words that an instruction has used up; their room can be used in `cycle`."""
        for word in range(address >> 2, (address + size) >> 2):
            self._freed[word] = cycle

    def steal(self, cycle: int) -> None:
        """Take the address phase of a cycle for something else."""
        self.run(cycle - 1)
        self._slot = max(self._slot, cycle + 1)

    def ahead(self, address: int, now: int) -> tuple[int, ...]:
        """Return the words fetched ahead of an instruction, as `arrivals`.

        Later cycles than `now - 2` are left open: what follows may still take them.
        """
        self.run(now - 2)
        return tuple(
            max(0, self._arrival[word] - now + 1) for word in range(address >> 2, self.next)
        )


def redirected(latency: int) -> tuple[int, ...]:
    """Return the words fetched ahead when the target of a branch can first be executed."""
    return tuple(range(latency))
