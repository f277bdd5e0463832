"""Tasks, checks, marks. May import `lab`; only `course`, `exercises`, `solutions` and `tests` import it.

What a notebook uses is here: `from grader import check, hint, progress, solution, variant`.
"""

from typing import Any

__all__ = ["case", "check", "hint", "progress", "question", "solution", "variant"]


def __getattr__(name: str) -> Any:
    """Loaded on first use, so that the grading engine does not pay for what only notebooks need."""
    if name == "question":
        from grader.notebook.knowledge_checks import question

        return question
    if name in __all__:
        from grader.notebook import calls

        return getattr(calls, name)
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
