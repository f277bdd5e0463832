"""Task `find_cause`: name an incident's cause and remedy from metrics, trail and configuration."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/10-operations.ipynb"

Minute = Mapping[str, Any]
Event = dict[str, Any]
Cause = dict[str, Any]
REMEDIES: Mapping[str, tuple[str, str | None]] = {
    "hot key": ("change the key", None),
    "dead consumer": ("start the consumer", None),
    "policy change": ("put the policy back", "PutRolePolicy"),
    "retention too short": ("raise the retention", "DecreaseStreamRetentionPeriod"),
}


def _refusing(minute: Minute) -> list[str]:
    return [shard for shard, count in minute["refused"].items() if count]


def _finds(
    first_ever: bool = False,
    with_errors: bool = False,
    any_stream: bool = False,
    first_caller: bool = False,
    later_too: bool = False,
    blames_always: bool = False,
    none_is_zero: bool = False,
    any_shard: bool = False,
    share: float = 0.5,
) -> Callable[..., Cause | None]:
    """The search by the printed rule, but for what the switches change."""

    def find_cause(stream: str, minutes: list[Minute], trail: list[Event], retention: int) -> Cause | None:
        last = _refusing(minutes[-1])
        signs: dict[str, Callable[[Minute], bool]] = {
            "hot key": lambda one: (
                bool(_refusing(one)) if any_shard else len(last) == 1 and _refusing(one) == last
            ),
            "dead consumer": lambda one: one["age"] is None and not none_is_zero,
            "policy change": lambda one: one["written"] == 0,
            "retention too short": lambda one: one["age"] is not None and one["age"] >= share * retention,
        }
        cause = next((name for name, holds in signs.items() if holds(minutes[-1])), None)
        if cause is None:
            return None
        since = len(minutes) - 1
        while since > 0 and signs[cause](minutes[since - 1]):
            since -= 1
        if first_ever:
            since = next(number for number, one in enumerate(minutes) if signs[cause](one))
        remedy, call = REMEDIES[cause]
        makers = [event["by"] for event in trail if _made(event, call, stream, since)]
        by = makers[0 if first_caller else -1] if makers else None
        return {"cause": cause, "remedy": remedy, "since": since, "by": by}

    def _made(event: Event, call: str | None, stream: str, since: int) -> bool:
        return (
            (event["name"] == call or (blames_always and call is None))
            and (any_stream or event["about"] == stream)
            and (with_errors or event["error"] is None)
            and (later_too or event["minute"] <= since)
        )

    return find_cause


find_cause = _finds()

SHARDS = ("shard-0", "shard-1", "shard-2")
PEOPLE = ("ana", "ben", "chloe", "dev", "kim")


def _minute(written: int = 90, age: int | None = 1, **refused: int) -> Minute:
    shards = {shard: refused.get(shard.replace("-", "_"), 0) for shard in SHARDS}
    return {"written": written, "refused": shards, "age": age}


def _event(minute: int, name: str, by: str, about: str = "web", error: str | None = None) -> Event:
    return {"minute": minute, "name": name, "about": about, "by": by, "error": error}


def _case(minutes: list[Minute], trail: list[Event], retention: int = 1440) -> Arguments:
    return {"stream": "web", "minutes": minutes, "trail": trail, "retention": retention}


def _bad(cause: str, rng: Random, shard: str, retention: int) -> Minute:
    """A minute in which the cause shows."""
    if cause == "hot key":
        return _minute(rng.randint(100, 200), rng.randint(0, 3), **{shard: rng.randint(5, 90)})
    if cause == "dead consumer":
        return _minute(rng.randint(60, 120), None)
    if cause == "policy change":
        return _minute(0, 0)
    return _minute(rng.randint(60, 120), rng.randint(retention // 2, retention - 1))


def _noise(rng: Random, since: int) -> Minute:
    """A minute of before: mostly fine, now and then bad in a way that passes."""
    return rng.choice(
        (
            _minute(rng.randint(60, 120), rng.randint(0, 5)),
            _minute(rng.randint(60, 120), rng.randint(0, 5)),
            _minute(rng.randint(60, 120), rng.randint(0, 5), shard_0=3, shard_1=8),
            _minute(rng.randint(60, 120), rng.randint(0, 5), shard_1=2),
            _minute(0, 0),
            _minute(rng.randint(60, 120), None),
        )
    )


def _draw(rng: Random, causes: tuple[str, ...]) -> Arguments:
    cause = rng.choice(causes)
    shard = rng.choice(("shard_0", "shard_2"))
    retention = 60 * rng.randint(24, 48)
    since, length = rng.randint(5, 12), rng.randint(3, 6)
    early = [_noise(rng, since) for _ in range(since - 3)]
    if cause == "hot key":
        early[-1] = _minute(90, 1, **{shard: 4})
    elif cause == "retention too short":
        early[-1] = _minute(90, retention // 2)
    else:
        early[-1] = _bad(cause, rng, shard, retention)
    # Between: fine but for what another shard refuses, or an age that is nearly half.
    calm = [_minute(95, 2), _minute(95, retention // 2 - 1), _minute(95, 2, shard_1=3)]
    minutes = early + calm + [_bad(cause, rng, shard, retention) for _ in range(length)]
    return _case(minutes, _trail(rng, since, length), retention)


def _trail(rng: Random, since: int, length: int) -> list[Event]:
    """Calls of both kinds: two of ours before, one that failed, one of another stream, one too late."""
    events = []
    for name in ("PutRolePolicy", "DecreaseStreamRetentionPeriod"):
        people = rng.sample(PEOPLE, 5)
        events += [
            _event(rng.randint(0, 1), name, people[0]),
            _event(rng.randint(2, since - 2), name, people[1]),
            _event(since - 1, name, people[2], error="AccessDenied"),
            _event(since - 1, name, people[3], about="audit"),
            _event(since + rng.randint(1, length - 1), name, people[4]),
        ]
    return sorted(events, key=lambda event: event["minute"])


TASK = Task(
    id="find_cause",
    title="An incident: name the cause and the remedy",
    function="find_cause",
    oracle=find_cause,
    read=f"{LESSON}, “The runbook: one page”",
    parts=(
        Cases(
            id="metrics",
            points=2,
            says="must find a hot key and a dead consumer, and since when",
            visible=(
                _case([_minute(), _minute(150, 2, shard_1=40), _minute(140, 1, shard_1=35)], []),
                _case([_minute(), _minute(90, None), _minute(), _minute(90, None), _minute(80, None)], []),
                _case(
                    [
                        _minute(90, 1, shard_0=3, shard_2=9),
                        _minute(99, 1, shard_0=2),
                        _minute(140, 1, shard_1=35),
                    ],
                    [_event(1, "PutRolePolicy", "kim")],
                ),
                _case([_minute(90, None)] * 3, [_event(0, "DecreaseStreamRetentionPeriod", "ana")]),
            ),
            hidden=lambda rng: _draw(rng, ("hot key", "dead consumer")),
        ),
        Cases(
            id="trail",
            points=2,
            says="must find a policy change and a retention that is too short, since when, and who made it",
            visible=(
                _case([_minute(), _minute(0, 0)], [_event(1, "PutRolePolicy", "kim")]),
                _case(
                    [_minute(), _minute(0, 0), _minute(), _minute(0, 0), _minute(0, 0)],
                    [
                        _event(0, "PutRolePolicy", "ana"),
                        _event(2, "PutRolePolicy", "kim"),
                        _event(3, "PutRolePolicy", "ben", error="AccessDenied"),
                        _event(3, "PutRolePolicy", "dev", about="audit"),
                        _event(4, "PutRolePolicy", "chloe"),
                    ],
                ),
                _case(
                    [_minute(90, 719), _minute(90, 720), _minute(90, 800)],
                    [_event(0, "DecreaseStreamRetentionPeriod", "kim"), _event(1, "PutRolePolicy", "ana")],
                ),
                _case([_minute(90, 700), _minute(90, 1300)], [], retention=2520),
            ),
            hidden=lambda rng: _draw(rng, ("policy change", "retention too short")),
        ),
    ),
    misconceptions=(
        Misconception(
            id="first_ever",
            words="You take the first bad minute of all. What got well again was another story: go back "
            "from the "
            "end, as long as it holds.",
            model=_finds(first_ever=True),
        ),
        Misconception(
            id="with_errors",
            words="You blame a call that failed. A call with an error changed nothing.",
            model=_finds(with_errors=True),
        ),
        Misconception(
            id="any_stream",
            words="You blame a call about another stream. Look at `about`.",
            model=_finds(any_stream=True),
        ),
        Misconception(
            id="first_caller",
            words="You name the first caller. A later call replaced what the first had set: take the last "
            "one.",
            model=_finds(first_caller=True),
        ),
        Misconception(
            id="later_too",
            words="You blame a call that came after the trouble began. A cause comes before its effect.",
            model=_finds(later_too=True),
        ),
        Misconception(
            id="blames_always",
            words="You name somebody for a hot key or a dead consumer. Nobody's call in the trail made "
            "these.",
            model=_finds(blames_always=True),
        ),
        Misconception(
            id="none_is_zero",
            words="You take an age without data for 0. No data means that nobody reads.",
            model=_finds(none_is_zero=True),
        ),
        Misconception(
            id="any_shard",
            words="You count minutes in which another shard refused. A hot key stays on one shard.",
            model=_finds(any_shard=True),
        ),
        Misconception(
            id="whole_retention",
            words="You wait until the age has reached the retention. Then records are lost already: half "
            "of it is "
            "the sign.",
            model=_finds(share=1.0),
        ),
    ),
    hints=(
        "Look at the last minute: which of the four signs holds there? That is the cause.",
        "Then go back from the end, minute by minute, as long as that sign holds. The last one you reach "
        "is `since`.",
        "From the trail keep the events with the right name, this stream, no error and a minute up to "
        "`since`; the "
        "last of them tells `by`.",
    ),
)
