"""Task `reconcile`: read a delivery back and account for every event."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/09-delivery.ipynb"
Account = dict[str, Any]


def _ids(files: Sequence[str]) -> list[int]:
    return [json.loads(line)["id"] for text in files for line in text.splitlines() if line]


def _raw(files: Sequence[str]) -> list[bytes]:
    return [
        base64.b64decode(json.loads(line)["rawData"]) for text in files for line in text.splitlines() if line
    ]


def _failed_ids(errors: Sequence[str]) -> tuple[set[int], int]:
    """The ids of the failed events, and how many have none that can be read."""
    found, unreadable = set(), 0
    for raw in _raw(errors):
        try:
            found.add(json.loads(raw)["id"])
        except ValueError:
            unreadable += 1
    return found, unreadable


def _settled(
    sent: set[int], delivered: Counter[int], failed: set[int], dropped: set[int], unreadable: int
) -> Account:
    good = sent & delivered.keys()
    bad = (sent & failed) - good
    left_out = (sent & dropped) - good - bad
    return {
        "delivered": sorted(good),
        "twice": sorted(one for one in good if delivered[one] > 1),
        "failed": sorted(bad),
        "dropped": sorted(left_out),
        "missing": sorted(sent - good - bad - left_out),
        "unreadable": unreadable,
    }


def reconcile(
    sent: Sequence[int], files: Sequence[str], errors: Sequence[str], dropped: Sequence[int]
) -> Account:
    """Each event that was sent in one place: delivered before failed before dropped, else missing."""
    failed, unreadable = _failed_ids(errors)
    return _settled(set(sent), Counter(_ids(files)), failed, set(dropped), unreadable)


def _with(
    change: Callable[[Account, Counter[int], set[int], set[int], set[int]], Account],
) -> Callable[..., Account]:
    def wrong(
        sent: Sequence[int], files: Sequence[str], errors: Sequence[str], dropped: Sequence[int]
    ) -> Account:
        failed, _ = _failed_ids(errors)
        right = reconcile(sent, files, errors, dropped)
        return change(right, Counter(_ids(files)), failed, set(dropped), set(sent))

    return wrong


def _strangers(
    right: Account, delivered: Counter[int], failed: set[int], dropped: set[int], sent: set[int]
) -> Account:
    every = sent | delivered.keys() | failed | dropped
    return _settled(every, delivered, failed, dropped, right["unreadable"])


def _by_file(
    sent: Sequence[int], files: Sequence[str], errors: Sequence[str], dropped: Sequence[int]
) -> Account:
    """Repeats within one file only."""
    right = reconcile(sent, files, errors, dropped)
    twice = {one for text in files for one, count in Counter(_ids([text])).items() if count > 1}
    return {**right, "twice": sorted(twice & set(right["delivered"]))}


def _line(number: int) -> str:
    return json.dumps({"id": number, "page": f"page-{number % 7}"})


def _error(raw: bytes) -> str:
    told = {
        "attemptsMade": 1,
        "errorCode": "Lambda.ProcessingFailedStatus",
        "rawData": base64.b64encode(raw).decode(),
    }
    return json.dumps(told)


def _files(ids: Sequence[int], cut: int) -> list[str]:
    """Their lines in files of CUT events."""
    return ["".join(_line(one) + "\n" for one in ids[at : at + cut]) for at in range(0, len(ids), cut)]


def _errors(ids: Sequence[int], broken: Sequence[bytes] = (), cut: int = 2) -> list[str]:
    lines = [_error(_line(one).encode()) for one in ids] + [_error(raw) for raw in broken]
    return ["\n".join(lines[at : at + cut]) + "\n" for at in range(0, len(lines), cut)]


def _case(
    sent: Sequence[int], files: Sequence[str], errors: Sequence[str], dropped: Sequence[int]
) -> Arguments:
    return {"sent": list(sent), "files": list(files), "errors": list(errors), "dropped": list(dropped)}


def _plain(rng: Random) -> Arguments:
    """Each event in one place."""
    ids = rng.sample(range(1, 400), rng.randint(10, 16))
    return _case(ids, _files(ids[4:], rng.randint(2, 5)), _errors(ids[2:4]), [ids[1]])


def _repeats(rng: Random) -> Arguments:
    """Doubles within a file and across files, and some that came again after they had failed."""
    ids = rng.sample(range(1, 400), 14)
    good = ids[4:]
    again = rng.sample(good, 2)
    mended = [ids[2]]
    lines = good + again + mended
    rng.shuffle(lines)
    lines += [lines[-1]]  # side by side, so within one file at times
    sent = ids + again
    rng.shuffle(sent)
    return _case(sent, _files(lines, rng.randint(3, 6)), _errors([ids[2], ids[3]]), [ids[1], ids[4]])


def _odd(rng: Random) -> Arguments:
    """Failed records that nobody can read, and events that somebody else sent."""
    ids = rng.sample(range(1, 400), 12)
    others = rng.sample(range(500, 600), 3)
    lines = ids[4:] + others[:1]
    rng.shuffle(lines)
    broken = [b'{"id": 6, "pa', b"one click"][: rng.randint(1, 2)]
    return _case(ids, _files(lines, 4), _errors([ids[2], others[1]], broken), [ids[1], others[2]])


TASK = Task(
    id="reconcile",
    title="Read a delivery back and account for every event",
    function="reconcile",
    oracle=reconcile,
    read=f"{LESSON}, “Reconcile: is everything somewhere?”",
    parts=(
        Cases(
            id="places",
            points=2,
            says="must find each event in its place: delivered, failed, dropped or missing",
            visible=(_case([1, 2, 3, 4, 5], _files([1, 2], 2), _errors([3]), [4]),
                     _case([7, 5, 6], _files([5, 7], 1), [], []),
                     _plain(Random(4))),
            hidden=_plain,
        ),
        Cases(
            id="repeats",
            points=2,
            says="must take each event once, name those that came twice, and believe the delivery of "
            "one that had "
            "failed before",
            visible=(_case([1, 2, 3, 3], _files([1, 3, 2, 3], 2), _errors([2]), []),
                     _case([1, 2], _files([1, 1, 2], 3), _errors([2], cut=1), [1]),
                     _repeats(Random(9))),
            hidden=_repeats,
        ),
        Cases(
            id="odd",
            points=2,
            says="must count failed records that can't be read, and leave out events that were not sent here",
            visible=(_case([1, 2, 3], _files([1, 90], 2), _errors([2, 91], [b"{\"id\": 3"], 1), [92]),
                     _odd(Random(2))),
            hidden=_odd,
        ),
    ),
    misconceptions=(
        Misconception(
            id="failed_wins",
            words="An event that is in a file and among the errors is said to have failed: it was "
            "sent again, and "
            "it is there.",
            model=_with(lambda right, delivered, failed, dropped, sent: {
                **right,
                "failed": sorted(sent & failed),
                "delivered": sorted(set(right["delivered"]) - failed),
                "twice": sorted(set(right["twice"]) - failed),
            }),
        ),
        Misconception(
            id="doubles_listed",
            words="An event that came twice is listed twice: its readers must take it once.",
            model=_with(lambda right, delivered, failed, dropped, sent: {
                **right, "delivered": sorted(one for one in delivered.elements() if one in sent)
            }),
        ),
        Misconception(
            id="dropped_missing",
            words="Dropped events are said to be missing: they were left out on purpose.",
            model=_with(lambda right, delivered, failed, dropped, sent: {
                **right, "dropped": [], "missing": sorted({*right["missing"], *right["dropped"]})
            }),
        ),
        Misconception(
            id="failed_missing",
            words="Failed events are said to be missing: they wait in the error prefix.",
            model=_with(lambda right, delivered, failed, dropped, sent: {
                **right, "failed": [], "missing": sorted({*right["missing"], *right["failed"]})
            }),
        ),
        Misconception(
            id="strangers",
            words="Events that were not sent here are counted: the files may hold another producer's too.",
            model=_with(_strangers),
        ),
        Misconception(
            id="forgets_unreadable",
            words="Failed records that can't be read are passed over: they are records too, so count them.",
            model=_with(lambda right, delivered, failed, dropped, sent: {**right, "unreadable": 0}),
        ),
        Misconception(
            id="within_a_file",
            words="Doubles are looked for within each file: the second one may be in another file.",
            model=_by_file,
        ),
    ),
    hints=(
        "Read all files into one list of ids, and count it with `Counter`. Read `rawData` of the "
        "errors into a set. "
        "Then it is work with sets.",
        "good = sent & delivered; failed minus good; dropped minus both; missing is what is left of "
        "sent. Catch "
        "ValueError around `json.loads` of one raw record.",
    ),
)  # fmt: skip
