"""Answers that do no work: what a lint hands in to see that it earns nothing.

For a function that is called with cases they are functions; for one that works in the lab, or a class, they
are cells. The last kind are the public functions of `lab` and `grader` themselves.
"""

import ast
import functools
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Task

CONSTANTS: Sequence[Any] = (0, 1, -1, 0.5, True, False, "", "a", [], {}, [0], [""])
NOT_ASKED = ("lab.emulator", "grader.inside", "grader.preloaded", "grader.learner", "grader.shell")
"""They run elsewhere; their code is not the learner's to import, or needs what is not there."""

Idle = Callable[..., Any]


def idle_functions(task: Task) -> dict[str, Idle]:
    """For a task with cases: does nothing, constants, everything, one of each, the visible cases by heart."""
    cases = [(dict(one), task.answer_to(_copy(one))) for one in _visible(task)]
    answers = [answer for _, answer in cases if _is_json(answer)]
    found: dict[str, Idle] = {"does nothing": lambda **_: None}
    for value in (*CONSTANTS, *answers):
        text = json.dumps(value)
        short = text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"
        found.setdefault(f"returns {short}", functools.partial(_constant, value))
    found["returns everything"] = lambda **given: list(given.values())
    found["returns what it is given"] = lambda **given: given
    for name in cases[0][0]:
        found[f"returns its {name}"] = functools.partial(_argument, name)
        found[f"returns its {name}, sorted"] = functools.partial(_sorted, name)
        found[f"returns one of its {name}"] = functools.partial(_one_of, name)
        found[f"returns the first of its {name}"] = functools.partial(_first_of, name)
    found["knows the visible cases by heart"] = functools.partial(_by_heart, cases, None)
    for number, (_, answer) in enumerate(cases, 1):
        name = f"knows the visible cases by heart, and answers like case {number} otherwise"
        found[name] = functools.partial(_by_heart, cases, answer)
    return found


def _visible(task: Task) -> Iterator[Arguments]:
    for part in task.parts:
        if isinstance(part, Cases):
            yield from part.visible


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _constant(value: Any, **_: Any) -> Any:
    return value


def _argument(name: str, **given: Any) -> Any:
    return given[name]


def _sorted(name: str, **given: Any) -> Any:
    return sorted(given[name])


def _one_of(name: str, **given: Any) -> Any:
    return list(given[name])[:1]


def _first_of(name: str, **given: Any) -> Any:
    return next(iter(given[name]))


def _by_heart(cases: Sequence[tuple[Arguments, Any]], otherwise: Any, **given: Any) -> Any:
    return next((answer for arguments, answer in cases if arguments == given), otherwise)


NOTHING = "def {function}(*given, **named):\n    return None"
ITSELF = "def {function}(*given, **named):\n    return [*given, *named.values()]"
CLASS = """class {function}:
    def __init__(self, *given):
        self.given = given

    def idle(self, given):
        {does}

    initialize = process_records = lease_lost = shard_ended = shutdown_requested = idle
"""
ONE_EVENT = """import json
import boto3

def {function}(stream_name, events, *given, **named):
    chosen = {{event[{key!r}]: event for event in events}} if {each} else {{0: events[0]}}
    for event in chosen.values():
        data = json.dumps(event).encode()
        boto3.client("kinesis").put_record(StreamName=stream_name, PartitionKey=event[{key!r}], Data=data)
"""
READ = """import boto3
from datetime import datetime

def {function}(stream_name, start, end):
    kinesis, found = boto3.client("kinesis"), []
    for shard in kinesis.list_shards(StreamName=stream_name)["Shards"]:
        place = kinesis.get_shard_iterator(
            StreamName=stream_name, ShardId=shard["ShardId"], ShardIteratorType={kind}
        )
        iterator, here = place["ShardIterator"], []
        for _ in range(200):
            answer = kinesis.get_records(ShardIterator=iterator)
            here += answer["Records"]
            iterator = answer.get("NextShardIterator")
            if iterator is None or answer["MillisBehindLatest"] == 0:
                break
        since, until = datetime.fromisoformat(start), datetime.fromisoformat(end)
        inside = [record for record in here if since <= record["ApproximateArrivalTimestamp"] < until]
        found += [record["Data"].decode() for record in {chosen}]
    return {returned}
"""
WORK: Mapping[str, Mapping[str, str]] = {
    "delivery": {
        "sends one event": ONE_EVENT.replace("{key!r}", "'key'").replace("{each}", "False"),
        "sends one event of each key": ONE_EVENT.replace("{key!r}", "'key'").replace("{each}", "True"),
    },
    "sending": {
        "sends one event": ONE_EVENT.replace("{key!r}", "'device'").replace("{each}", "False"),
        "sends one event of each device": ONE_EVENT.replace("{key!r}", "'device'").replace("{each}", "True"),
    },
    "replay": {
        "returns everything": READ.format(
            function="{function}", kind="'TRIM_HORIZON'", chosen="here", returned="found"
        ),
        "returns one record": READ.format(
            function="{function}", kind="'TRIM_HORIZON'", chosen="inside", returned="found[:1]"
        ),
        "returns one record of each shard": READ.format(
            function="{function}", kind="'TRIM_HORIZON'", chosen="inside[:1]", returned="found"
        ),
    },
    "processing": {
        "only checkpoints": CLASS.replace("{does}", "getattr(given, 'checkpointer').checkpoint()"),
        "stores one record of a batch": CLASS.replace(
            "{does}",
            "import json; records = getattr(given, 'records', []); "
            "records and self.given[0](records[0].sequence_number, json.loads(records[0].binary_data)); "
            "hasattr(given, 'checkpointer') and given.checkpointer.checkpoint()",
        ),
    },
}
"""By the kind of scenario: work that is none."""


def idle_cells(task: Task) -> dict[str, str]:
    """For a task that is judged by its runs: cells by what they do."""
    assert task.runs is not None
    if task.function[:1].isupper():
        found = {"does nothing": CLASS.replace("{does}", "pass")}
    else:
        found = {"does nothing": NOTHING, "returns what it is given": ITSELF}
        for value in CONSTANTS:
            found[f"returns {json.dumps(value)}"] = NOTHING.replace(
                "None", repr(value).replace("{}", "dict()")
            )
    for scenario in task.runs.visible:
        found |= WORK.get(scenario.name, {})
    return {name: _named(text, task.function) for name, text in found.items()}


def _named(text: str, function: str) -> str:
    return text.replace("{function}", function).replace("{{", "{").replace("}}", "}")


def course_functions(task: Task) -> Iterator[tuple[str, str]]:
    """(name, cell) of every public function of `lab` and `grader` that can be called as the answer is.

    Of classes what the objects that they make have as properties; where a class is asked for, those that are
    record processors; where work in the lab is, functions of modules that know of Kinesis.
    """
    is_class, given = task.function[:1].isupper(), _given(task)
    for module, name, member in _public():
        if is_class:
            if inspect.isclass(member) and hasattr(member, "process_records"):
                yield f"{module.__name__}.{name}", f"from {module.__name__} import {name} as {task.function}"
            continue
        how = _binds(member, given)
        if how is None or (task.runs is not None and "kinesis" not in inspect.getsource(module)):
            continue
        for own in [f".{one}" for one in _properties(member)] if inspect.isclass(member) else [""]:
            called = f"{module.__name__}.{name}({how}){own}"
            lines = (
                f"def {task.function}(*given, **named):",
                f"import {module.__name__}",
                f"return {called}",
            )
            yield f"{module.__name__}.{name}{own}", "\n    ".join(lines)


def _given(task: Task) -> tuple[str, ...]:
    """The names of the arguments that it is called with."""
    for one in _visible(task):
        return tuple(one)
    return ("stream_name", "events")


def _public() -> Iterator[tuple[ModuleType, str, Any]]:
    for module in _modules():
        for name, member in sorted(vars(module).items()):
            own = getattr(member, "__module__", None) == module.__name__
            if not name.startswith("_") and callable(member) and own:
                yield module, name, member


@functools.cache
def _modules() -> Sequence[Any]:
    found = []
    for package in ("lab", "grader"):
        top = importlib.import_module(package)
        for one in pkgutil.walk_packages(top.__path__, f"{package}."):
            if not one.name.startswith(NOT_ASKED):
                try:
                    found.append(importlib.import_module(one.name))
                except ImportError:
                    continue  # it needs what only the emulator, or another extra, has
    return found


@functools.cache
def course_imports() -> Sequence[str]:
    """The modules of the course, and what their functions import when they are called: names to import."""
    named = set[str]()
    for module in _modules():
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Import):
                named |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                named.add(node.module)
    modules = [module.__name__ for module in _modules()]
    return (*modules, *sorted(name for name in named if _is_there(name)))


def _is_there(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _binds(member: Callable[..., Any], given: Sequence[str]) -> str | None:
    """How to call it with what an answer is GIVEN: by the parameters' names, or by their order."""
    ways = {
        "*given, **named": ((), dict.fromkeys(given)),
        "*given, *named.values()": (tuple(given), {}),
    }
    for way, (by_order, by_name) in ways.items():
        try:
            inspect.signature(member).bind(*by_order, **by_name)
        except (TypeError, ValueError):
            continue
        return way
    return None


def _properties(kind: type) -> list[str]:
    """Those that are written in the course: what a class of others' hands down is no answer of ours."""
    own = [one for one in inspect.getmro(kind) if one.__module__.startswith(("lab.", "grader."))]
    return sorted({name for one in own for name, member in vars(one).items() if isinstance(member, property)})
