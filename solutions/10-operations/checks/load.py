"""Task `load`: a loader whose errors name file, key and reason."""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import RETENTION_MAX_HOURS, RETENTION_MIN_HOURS, UPDATE_SHARD_COUNT_MAX_SHARDS

LESSON = "course/10-operations.ipynb"

Loaded = dict[str, Any]
RANGES = {
    "shards": range(1, UPDATE_SHARD_COUNT_MAX_SHARDS + 1),
    "retention": range(RETENTION_MIN_HOURS, RETENTION_MAX_HOURS + 1),
}
TEXTS, FLAG = ("id", "owner"), "create_user"
KEYS = (*TEXTS, *RANGES, FLAG)


def _kind(key: str, value: Any) -> str | None:
    """The reason why VALUE is of the wrong kind or size for KEY; None when it is right."""
    if key in TEXTS:
        return None if isinstance(value, str) else "not text"
    if key == FLAG:
        return None if isinstance(value, bool) else "not true or false"
    if type(value) is not int:
        return "not a whole number"
    return None if value in RANGES[key] else "out of range"


def _kind_true_is_one(key: str, value: Any) -> str | None:
    return _kind(key, int(value) if key in RANGES and isinstance(value, bool) else value)


def _kind_text_numbers(key: str, value: Any) -> str | None:
    if key in RANGES and isinstance(value, str | float):
        try:
            return _kind(key, int(value))
        except ValueError:
            return "not a whole number"
    return _kind(key, value)


def _kind_truthy(key: str, value: Any) -> str | None:
    return None if key == FLAG else _kind(key, value)


def _kind_no_upper_end(key: str, value: Any) -> str | None:
    found = _kind(key, value)
    return None if found == "out of range" and value > RANGES[key][0] else found


def _loads(
    kind: Callable[[str, Any], str | None] = _kind,
    unknown: bool = True,
    default: bool = False,
    first_only: bool = False,
    all_or_none: bool = False,
) -> Callable[..., Loaded]:
    """A loader by the printed rule, but for what the switches change."""

    def load(files: Mapping[str, str]) -> Loaded:
        streams: dict[str, Any] = {}
        errors: list[list[str]] = []
        for file, text in files.items():
            found, content = _read(file, text)
            if content is not None:
                found = _look(file, content)
            errors += found[:1] if first_only else found
            if content is not None and not found:
                streams[content["id"]] = {key: content[key] for key in (*RANGES, "owner")}
        return {"streams": {} if all_or_none and errors else streams, "errors": sorted(errors)}

    def _look(file: str, content: Mapping[str, Any]) -> list[list[str]]:
        found = [[file, key, "unknown"] for key in content if unknown and key not in KEYS]
        for key in KEYS:
            if key not in content:
                if not (default and key == FLAG):
                    found.append([file, key, "missing"])
            elif reason := kind(key, content[key]):
                found.append([file, key, reason])
        return found

    return load


def _read(file: str, text: str) -> tuple[list[list[str]], dict[str, Any] | None]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if isinstance(content, dict):
        return [], content
    return [[file, "", "not a JSON object"]], None


load = _loads()

CLUSTERS = ("web", "audit", "sensors", "payments", "partners", "games")
TEAMS = ("shop", "compliance", "field", "billing", "sales")


def _file(cluster: str, **changes: Any) -> tuple[str, str]:
    content = {"id": cluster, "owner": "shop", "shards": 2, "retention": 48, "create_user": False} | changes
    kept = {key: value for key, value in content.items() if value is not ...}
    return f"{cluster}.json", json.dumps(kept)


def _files(*files: tuple[str, str]) -> Arguments:
    return {"files": dict(files)}


def _good(rng: Random, cluster: str) -> tuple[str, str]:
    return _file(
        cluster,
        owner=rng.choice(TEAMS),
        shards=rng.choice((1, 10_000, rng.randint(2, 40))),
        retention=rng.choice((24, 8_760, rng.randint(25, 200))),
        create_user=rng.random() < 0.3,
    )


def _mixed(rng: Random, draw: Callable[[Random], dict[str, Any]]) -> Arguments:
    """Two good files and two with mistakes that DRAW makes, in any order."""
    clusters = rng.sample(CLUSTERS, 4)
    files = [_good(rng, name) for name in clusters[:2]] + [_file(name, **draw(rng)) for name in clusters[2:]]
    rng.shuffle(files)
    return _files(*files)


def _form_mistakes(rng: Random) -> dict[str, Any]:
    """Keys too many and too few, at least two of them."""
    missing = rng.sample(KEYS[1:], rng.randint(1, 3))
    if rng.random() < 0.5 and FLAG not in missing:
        missing.append(FLAG)
    return dict.fromkeys(missing, ...) | {rng.choice(("retention_hours", "Shards", "outputs")): 4}


def _value_mistakes(rng: Random) -> dict[str, Any]:
    """Wrong kinds and sizes, one for each of some keys."""
    wrong: dict[str, list[Any]] = {
        "owner": [None, 7, ["shop"]],
        "shards": ["4", 4.0, True, 0, 10_001, None],
        "retention": ["48", 23, 8_761, 48.0, True],
        "create_user": ["false", 0, 1, None, "no"],
    }
    return {key: rng.choice(wrong[key]) for key in rng.sample(sorted(wrong), rng.randint(2, 4))}


TASK = Task(
    id="load",
    title="A loader whose errors name file, key and reason",
    function="load",
    oracle=load,
    read=f"{LESSON}, “A loader that says what is wrong”",
    parts=(
        Cases(
            id="form",
            points=2,
            says="must name each key that is missing or unknown, and each file that is no object",
            visible=(
                _files(_file("web")),
                _files(_file("web", owner=..., create_user=...), _file("audit", outputs=["key"])),
                _files(("notes.json", "remember the milk"), ("list.json", "[1]"), _file("audit")),
                {"files": {}},
            ),
            hidden=lambda rng: _mixed(rng, _form_mistakes),
        ),
        Cases(
            id="values",
            points=2,
            says="must name each value of a wrong kind or size",
            visible=(
                _files(_file("web", shards="4", retention=12)),
                _files(_file("web", shards=True, create_user="false"), _file("audit", owner=7)),
                _files(_file("web", shards=0, retention="48"), _file("audit", retention=23)),
                _files(_file("web", shards=10_001), _file("audit", retention=8_761, shards=4.0)),
                _files(_file("web", shards=10_000, retention=8_760), _file("audit", shards=1, retention=24)),
            ),
            hidden=lambda rng: _mixed(rng, _value_mistakes),
        ),
    ),
    misconceptions=(
        Misconception(
            id="true_is_one",
            words="You take true for a whole number. In Python isinstance(True, int) holds: compare the type "
            "itself.",
            model=_loads(_kind_true_is_one),
        ),
        Misconception(
            id="text_numbers",
            words='You turn "4" and 4.0 into 4. A file that says it in another form is wrong: say so, '
            "before somebody relies on it.",
            model=_loads(_kind_text_numbers),
        ),
        Misconception(
            id="truthy",
            words='You don\'t look at what create_user is. "false" is a text, and a text counts as true.',
            model=_loads(_kind_truthy),
        ),
        Misconception(
            id="no_upper_end",
            words="You look at the lower end of a range only. A retention has at most 8,760 hours, and a "
            "stream here 10,000 shards.",
            model=_loads(_kind_no_upper_end),
        ),
        Misconception(
            id="lets_unknown_pass",
            words="You pass over keys that the rule does not name. A typo in a key is the most common "
            "mistake.",
            model=_loads(unknown=False),
        ),
        Misconception(
            id="default",
            words="You let create_user be left out. The rule has no default: StreamAlert's was told two "
            "ways.",
            model=_loads(default=True),
        ),
        Misconception(
            id="first_only",
            words="You name one error of a file and stop. Name all of them, or the owner mends the file five "
            "times.",
            model=_loads(first_only=True),
        ),
        Misconception(
            id="all_or_none",
            words="One wrong file takes away the streams of the good ones. Each file stands for itself.",
            model=_loads(all_or_none=True),
        ),
    ),
    hints=(
        "Go file by file. First: is it JSON, and an object? Then go through the five keys of the rule, and "
        "collect the errors in a list.",
        "json.loads raises ValueError for what is no JSON; a list or a number is JSON, but no dictionary. "
        "A key "
        "of the file that the rule does not have is unknown.",
        'type(value) is int is False for True, 4.0 and "4". value in range(24, 8_761) holds for 24 and '
        "8,760.",
    ),
)
