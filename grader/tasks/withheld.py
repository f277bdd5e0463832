"""The course's own answers, out of reach where a task asks for them: their modules' functions refuse to work.

It holds however they were imported, since the functions themselves are changed: their code is another one.
"""

import contextlib
import importlib
import inspect
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType, ModuleType

WORDS = "{module} holds an answer to this task, so it does not work where that is checked: write your own"


def withhold(modules: Iterable[str]) -> None:
    """In this process, for good. Raises ModuleNotFoundError for a name that is none."""
    for name in modules:
        _change(name)


@contextlib.contextmanager
def withheld(modules: Iterable[str]) -> Iterator[None]:
    """For a while; what was there before is there again afterwards."""
    changed = [pair for name in modules for pair in _change(name)]
    try:
        yield
    finally:
        for function, code in changed:
            function.__code__ = code


def _change(name: str) -> list[tuple[FunctionType, CodeType]]:
    """The functions that were changed, each with the code that it had."""
    module, changed = importlib.import_module(name), []
    for function in _functions(module):
        refusal = _refusal(name)
        if function.__code__.co_freevars or function.__code__ == refusal:
            continue  # Python gives no other code to a function within another one
        changed.append((function, function.__code__))
        function.__code__ = refusal
    return changed


def _refusal(module: str) -> CodeType:
    made: dict[str, FunctionType] = {}
    exec(f"def refuse(*_, **__):\n    raise ImportError({WORDS.format(module=module)!r})", made)
    return made["refuse"].__code__


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    """Functions, methods and properties that are written in a module."""
    for member in vars(module).values():
        if inspect.isclass(member) and member.__module__ == module.__name__:
            for own in vars(member).values():
                yield from _written_in(module, own)
        yield from _written_in(module, member)


def _written_in(module: ModuleType, member: object) -> Iterator[FunctionType]:
    inner = member.fget if isinstance(member, property) else member
    inner = inspect.unwrap(inner) if callable(inner) else None
    if isinstance(inner, FunctionType) and inner.__code__.co_filename == module.__file__:
        yield inner
