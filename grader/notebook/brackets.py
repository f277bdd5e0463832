"""A call of ours written without its brackets: the notebook says how it is written, and shows no address."""

import functools
from collections.abc import Callable
from html import escape
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Brackets(Generic[P, R]):
    """FUNCTION, which shows an EXAMPLE of its call where a notebook shows what it is."""

    def __init__(self, function: Callable[P, R], example: Callable[[], str]) -> None:
        functools.update_wrapper(self, function)
        self._function, self._example = function, example

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Its brackets are missing. Write: {self._example()}"

    def _repr_html_(self) -> str:
        return f"<p>Its brackets are missing. Write: <code>{escape(self._example())}</code></p>"


def shows(example: Callable[[], str]) -> Callable[[Callable[P, R]], Brackets[P, R]]:
    """Decorate a function that a learner calls in a notebook; EXAMPLE gives a right call of it."""
    return lambda function: Brackets(function, example)
