"""Task `defence`: defend your choice."""

from collections.abc import Mapping

from grader.tasks.declaration import FreeText, Task, Wanted

from .monthly_cost import monthly_cost
from .pick import MODES

LESSON = "course/05-capacity-modes.ipynb"


def _costs(**workload: int) -> Mapping[str, float]:
    """The month's cost of each mode, in dollars, for the learner's own workload of task `pick`."""
    return {f"{mode}, USD": monthly_cost(mode, **workload) for mode in MODES}


TASK = Task(
    id="defence",
    title="Defend your choice",
    read=f"{LESSON}, “How far each mode goes”",
    parts=(
        FreeText(
            id="text",
            points=2,
            says="names a mode, its numbers, and what would change the choice",
            rubric=(
                Wanted(1, "It names a mode, and the month's cost of all three."),
                Wanted(1, "It says what the numbers leave out, and what would turn the choice."),
            ),
            about="pick",
            right=_costs,
        ),
    ),
    hints=(
        "Begin with the three numbers from task 4.",
        "Then say what the numbers leave out: spikes, planning, what happens when the traffic doubles.",
    ),
)
