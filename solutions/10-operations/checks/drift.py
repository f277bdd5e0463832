"""Task `drift`: a drift report."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/10-operations.ipynb"

Stream = Mapping[str, Any]
Row = list[Any]
PLAIN = ("retention", "shards")


@dataclass(frozen=True)
class _Report:
    """The report by the printed rule, but for what the switches change."""

    left_out: bool = False
    aws: bool = False
    adds: bool = True
    folds: bool = False
    swapped: bool = False
    gone: bool = True
    foreign: bool = False

    def __call__(self, wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> list[Row]:
        rows: list[Row] = []
        for name in sorted({*wanted, *(seen if self.foreign else ())}):
            if name not in wanted:
                rows.append([name, None, None, None, "ADD"])
            elif name not in seen:
                rows += [[name, None, None, None, "DELETED"]] if self.gone else []
            else:
                want, now = self._flat(wanted[name]), self._flat(seen[name])
                keys = [key for key in sorted({*want, *now}) if self._compared(key, wanted[name])]
                rows += [[name, *row] for key in keys for row in self._rows(key, want, now)]
        return rows

    def _flat(self, stream: Stream) -> dict[str, Any]:
        flat = {key: stream[key] for key in PLAIN if key in stream}
        tags = stream.get("tags", {}).items()
        return flat | {f"tag {key.lower() if self.folds else key}": value for key, value in tags}

    def _compared(self, key: str, want: Stream) -> bool:
        if key.startswith("tag aws:") and not self.aws:
            return False
        return self.left_out or (key if key in PLAIN else "tags") in want

    def _rows(self, key: str, want: Stream, now: Stream) -> list[Row]:
        if key not in now:
            return [[key, want[key], None, "ADD" if self.swapped else "REMOVE"]]
        if key not in want:
            return [[key, None, now[key], "REMOVE" if self.swapped else "ADD"]] if self.adds else []
        return [[key, want[key], now[key], "NOT_EQUAL"]] if want[key] != now[key] else []


def drift(wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> list[Row]:
    """Every difference in what the file sets."""
    return _Report()(wanted, seen)


def _now(shards: int = 4, retention: int = 24, **tags: str) -> Stream:
    return {"shards": shards, "retention": retention, "tags": tags}


def _case(wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> Arguments:
    return {"wanted": dict(wanted), "seen": dict(seen)}


NAMES = ("audit", "games", "partners", "payments", "sensors", "web")
KEYS = ("owner", "tier", "cluster", "cost-center", "Zone")


def _hidden(rng: Random) -> Arguments:
    """Streams of every kind: right, changed, gone, foreign; with properties left out."""
    names = rng.sample(NAMES, 5)
    wanted: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for name in names[:4]:
        shards, retention = rng.randint(1, 40), rng.randint(24, 200)
        tags = {key: rng.choice(("shop", "field", "1")) for key in rng.sample(KEYS, 3)}
        whole = {"shards": shards, "retention": retention, "tags": tags}
        kept = rng.sample(sorted(whole), rng.randint(1, 3))
        wanted[name] = {key: whole[key] for key in whole if key in kept}
        seen[name] = _changed(rng, shards, retention, dict(tags))
    wanted[names[3]].setdefault("shards", 4)
    del seen[rng.choice(names[1:3])]
    wanted[names[0]]["tags"] = {"owner": "shop", "tier": "1"}
    seen[names[0]]["tags"] = {"Owner": "shop", "tier": rng.choice("12"), "aws:cloudformation:stack-name": "a"}
    seen[names[4]] = _now(1, owner="another team")
    return _case(wanted, seen)


def _changed(rng: Random, shards: int, retention: int, tags: dict[str, str]) -> dict[str, Any]:
    if rng.random() < 0.6:
        shards *= 2
    if rng.random() < 0.6:
        retention += 24
    for key in rng.sample(sorted(tags), rng.randint(0, 2)):
        tags[rng.choice((key, key.swapcase()))] = "kim"
        if rng.random() < 0.4:
            tags.pop(key, None)
    return {"shards": shards, "retention": retention, "tags": tags}


SHOP = {"owner": "shop"}

TASK = Task(
    id="drift",
    title="A drift report",
    function="drift",
    oracle=drift,
    read=f"{LESSON}, “Drift: somebody helped at night”",
    parts=(
        Cases(
            id="report",
            points=3,
            says="must name every difference in what the file sets, and nothing else",
            visible=(
                _case(
                    {"web": {"shards": 4, "tags": {"owner": "shop", "tier": "1"}}},
                    {"web": _now(8, 48, owner="kim", Tier="1")},
                ),
                _case({"web": {"retention": 24}}, {"web": _now(8, 48, owner="kim")}),
                _case(
                    {"web": {"shards": 4, "tags": SHOP}, "audit": {"shards": 1}},
                    {"web": _now(8, **SHOP), "games": _now(9)},
                ),
                _case(
                    {"web": {"shards": 4, "retention": 24, "tags": {}}},
                    {"web": _now(4, 36, **{"aws:cloudformation:stack-name": "shop", "zone": "eu"})},
                ),
                _case({}, {"games": _now()}),
            ),
            hidden=_hidden,
            hidden_count=8,
        ),
    ),
    misconceptions=(
        Misconception(
            id="left_out",
            words="You compare what the file leaves out. Only what it sets can drift.",
            model=_Report(left_out=True),
        ),
        Misconception(
            id="aws_tags",
            words="You report tags that begin with aws: those are AWS's own, and nobody can change them.",
            model=_Report(aws=True),
        ),
        Misconception(
            id="one_way",
            words="You look for what the file has, and miss the tags that only the stream has.",
            model=_Report(adds=False),
        ),
        Misconception(
            id="folds_case",
            words="You take Owner and owner for the same tag. Keys are case-sensitive.",
            model=_Report(folds=True),
        ),
        Misconception(
            id="swapped",
            words="ADD and REMOVE have changed places. ADD: the stream has it, and the file has not.",
            model=_Report(swapped=True),
        ),
        Misconception(
            id="passes_over_gone",
            words="You say nothing of a stream that is not there. That is the largest drift of all: DELETED.",
            model=_Report(gone=False),
        ),
        Misconception(
            id="names_foreign",
            words="You report streams that no file names. A drift report is about the files' own.",
            model=_Report(foreign=True),
        ),
    ),
    hints=(
        "Make two flat dictionaries of a stream, wanted and found, from property to value, a tag being a "
        "property "
        "of its own. Leave out of the second what the file does not set.",
        "Go through sorted(wanted.keys() | found.keys()) of the two. A key is in one, in the other, or in "
        "both.",
        '"tags" in wanted[name] decides whether tags are compared at all; {} counts as set.',
    ),
)
