"""Task `defence`: defend your choice."""

from grader.tasks.declaration import FreeText, Task

LESSON = "course/05-capacity-modes.ipynb"

TASK = Task(
    id="defence",
    title="Defend your choice",
    read=f"{LESSON}, “How far each mode goes”",
    parts=(
        FreeText(id="text", points=2, says="names a mode, its numbers, and what would change the choice"),
    ),
    hints=(
        "Begin with the three numbers from task 4.",
        "Then say what the numbers leave out: spikes, planning, what happens when the traffic doubles.",
    ),
)
