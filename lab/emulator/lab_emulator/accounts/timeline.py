"""One account's time: the machine's time plus what the account's clock was moved, piece by piece.

kinesis-mock stamps records with the machine's time. Since the clock only moves forward, each moment of the
machine's time had exactly one offset, so the lab's time of every stamp can be told afterwards. Pure; all
times are whole milliseconds since 1970, as kinesis-mock's stamps are.
"""

import bisect
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """`steps[i]` = (machine time of the move, offset in force from then on), both growing."""

    steps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def offset(self) -> int:
        """The offset in force since the last move."""
        return self.steps[-1][1] if self.steps else 0

    def advance(self, machine: int, by: int) -> None:
        """From the machine's time MACHINE on, the lab's clock is BY more ahead.

        Raises ValueError for a step back, or before the last move.
        """
        if by < 0:
            raise ValueError("the lab's clock moves only forward")
        if self.steps and machine < self.steps[-1][0]:
            machine = self.steps[-1][0]
        self.steps = [*self.steps, (machine, self.offset + by)]

    def lab(self, machine: int) -> int:
        """The lab's time at the machine's time MACHINE."""
        steps = self.steps
        if not steps or machine >= steps[-1][0]:
            return machine + (steps[-1][1] if steps else 0)
        place = bisect.bisect_right(steps, machine, key=lambda step: step[0])
        return machine + (steps[place - 1][1] if place else 0)

    def machine(self, lab: int) -> int:
        """The first moment of the machine's time at which the lab's was LAB or later.

        A time that a move skipped belongs to the moment of the move.
        """
        before = 0
        for moved, offset in self.steps:
            if lab < moved + before:
                return lab - before
            if lab < moved + offset:
                return moved
            before = offset
        return lab - before
