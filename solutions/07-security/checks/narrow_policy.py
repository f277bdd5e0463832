"""Task `narrow_policy`: narrow a policy to what is used."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from grader.tasks.policies import Decides

from .policies import (
    CLICKS,
    ORDERS,
    STREAMS,
    Document,
    Statement,
    allow_statement,
    arn_of,
    ask,
    document,
    draw_stream,
    neighbours,
    parts_of,
    session_of,
)

LESSON = "course/07-security.ipynb"

Call = dict[str, str]


def _statements(policy: Document) -> list[Statement]:
    stated = policy["Statement"]
    return [stated] if isinstance(stated, dict) else list(stated)


def _denies(policy: Document) -> list[Statement]:
    return [one for one in _statements(policy) if one["Effect"] == "Deny"]


def _door(policy: Document) -> str | None:
    """The endpoint that the policy's guard rail asks for."""
    for one in _denies(policy):
        return str(one["Condition"]["StringNotEquals"]["aws:SourceVpce"])
    return None


def _allowed_calls(calls: Iterable[Call]) -> list[tuple[str, str]]:
    """Action and resource of each call that went through, once."""
    pairs = [(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"]
    return list(dict.fromkeys(pairs))


def _short(arn: str) -> str:
    return "all streams" if arn == "*" else f"the stream {parts_of(arn)[2]}"


def narrow_policy(policy: Document, calls: list[Call]) -> dict[str, Any]:
    pairs = _allowed_calls(calls)
    account = next(parts_of(resource)[1] for _, resource in pairs if resource != "*")
    caller, door = session_of(account), _door(policy)
    inside = {"aws:SourceVpce": door} if door else {}
    asked = [
        ask(f"{a} is called on {_short(r)}", a, r, allowed=True, caller=caller, context=inside)
        for a, r in pairs
    ]
    never = _never_called(pairs, calls)
    asked += [
        ask(f"{a} is called on {how}", a, r, allowed=False, caller=caller, context=inside)
        for a, r, how in never
    ]
    if door:
        outside = {"aws:SourceVpce": "vpce-0fffffff"}
        asked += [
            ask(
                f"{a} is called on {_short(r)} through another endpoint",
                a,
                r,
                allowed=False,
                caller=caller,
                context=outside,
            )
            for a, r in pairs
        ]
    return {"questions": asked}


def _never_called(pairs: Sequence[tuple[str, str]], calls: Iterable[Call]) -> list[tuple[str, str, str]]:
    """Action, resource and its description: what must stay shut."""
    streams = list(dict.fromkeys(resource for _, resource in pairs if resource != "*"))
    actions = list(dict.fromkeys(action for action, resource in pairs if resource != "*"))
    refused = [(c["action"], c["resource"]) for c in calls if c["outcome"] == "denied"]
    crossed = [(action, stream) for stream in streams for action in actions]
    unused = [("kinesis:DeleteStream", stream) for stream in streams]
    found = [
        (action, resource, _short(resource))
        for action, resource in dict.fromkeys([*refused, *crossed, *unused])
        if (action, resource) not in pairs
    ]
    for action, resource in pairs:
        if resource != "*":
            found += [(action, other, how) for how, other in neighbours(resource).items()]
    return found


def _from_pairs(pairs: Iterable[tuple[str, str]], *more: Statement) -> Document:
    return document(*[allow_statement(action, resource) for action, resource in pairs], *more)


def _crossed(policy: Document, calls: list[Call]) -> Document:
    pairs = _allowed_calls(calls)
    actions = list(dict.fromkeys(a for a, r in pairs if r != "*"))
    streams = list(dict.fromkeys(r for _, r in pairs if r != "*"))
    bare = [allow_statement(a, r) for a, r in pairs if r == "*"]
    return document(allow_statement(actions, streams), *bare, *_denies(policy))


def _crossed_with_all(policy: Document, calls: list[Call]) -> Document:
    pairs = _allowed_calls(calls)
    return document(allow_statement([a for a, _ in pairs], [r for _, r in pairs]), *_denies(policy))


def _any_resource(policy: Document, calls: list[Call]) -> Document:
    return document(allow_statement([a for a, _ in _allowed_calls(calls)], "*"), *_denies(policy))


def _whole_service(policy: Document, calls: list[Call]) -> Document:
    streams = [r for _, r in _allowed_calls(calls) if r != "*"]
    bare = [allow_statement(a, r) for a, r in _allowed_calls(calls) if r == "*"]
    return document(allow_statement("kinesis:*", streams), *bare, *_denies(policy))


def _attempts_too(policy: Document, calls: list[Call]) -> Document:
    return _from_pairs([(c["action"], c["resource"]) for c in calls], *_denies(policy))


def _first_only(policy: Document, calls: list[Call]) -> Document:
    first: dict[str, str] = {}
    for action, resource in _allowed_calls(calls):
        first.setdefault(action, resource)
    return _from_pairs(first.items(), *_denies(policy))


def _last_only(policy: Document, calls: list[Call]) -> Document:
    return _from_pairs(dict(_allowed_calls(calls)).items(), *_denies(policy))


def _observed(*calls: tuple[str, str, str]) -> list[Call]:
    return [{"action": f"kinesis:{a}", "resource": r, "outcome": o} for a, r, o in calls]


def _guard(endpoint: str) -> Statement:
    condition = {"StringNotEquals": {"aws:SourceVpce": endpoint}}
    return {"Effect": "Deny", "Action": "kinesis:*", "Resource": "*", "Condition": condition}


BROAD = (
    document(allow_statement("kinesis:*", "*")),
    document(allow_statement(["kinesis:Put*", "kinesis:Get*", "kinesis:List*", "kinesis:Describe*"], "*")),
    document(allow_statement("*", "*")),
)


READS = ("ListShards", "GetShardIterator", "GetRecords")


def _draw_calls(rng: Random, *, several: bool) -> list[Call]:
    """Calls of one program: on one stream, or reading one and writing another; some more than once."""
    first = draw_stream(rng)
    region, account, name = parts_of(first)
    second = arn_of(rng.choice([s for s in STREAMS if s != name]), region, account)
    used = [(action, first) for action in rng.sample(READS, rng.randint(2, 3))]
    used += [(action, second if several else first) for action in rng.sample(("PutRecord", "PutRecords"), 1)]
    if several:
        used.append(("DescribeStreamSummary", first))
        used.append(("DescribeStreamSummary", second))
    if rng.random() < 0.5 or not several:
        used.append(("ListStreams", "*"))
    calls = [(a, r, "allowed") for a, r in used] + [(a, r, "allowed") for a, r in rng.sample(used, 2)]
    calls.append((rng.choice(("SplitShard", "MergeShards", "PutResourcePolicy")), first, "denied"))
    rng.shuffle(calls)
    return _observed(*calls)


def _one_stream(rng: Random) -> Arguments:
    return {"policy": rng.choice(BROAD), "calls": _draw_calls(rng, several=False)}


def _two_streams(rng: Random) -> Arguments:
    return {"policy": rng.choice(BROAD), "calls": _draw_calls(rng, several=True)}


def _guarded(rng: Random) -> Arguments:
    statements = [*_statements(rng.choice(BROAD)), _guard(f"vpce-{rng.randrange(16**7):08x}")]
    rng.shuffle(statements)
    return {"policy": document(*statements), "calls": _draw_calls(rng, several=rng.random() < 0.5)}


TASK = Task(
    id="narrow_policy",
    title="Narrow a policy to what is used",
    function="narrow_policy",
    oracle=narrow_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “What “it works” can hide”",
    parts=(
        Cases(
            id="one_stream",
            points=1,
            says="must allow what was used on one stream and nothing else",
            visible=(
                {
                    "policy": BROAD[0],
                    "calls": _observed(
                        ("PutRecord", ORDERS, "allowed"),
                        ("PutRecords", ORDERS, "allowed"),
                        ("SplitShard", ORDERS, "denied"),
                        ("PutRecord", ORDERS, "allowed"),
                    ),
                },
                {
                    "policy": BROAD[1],
                    "calls": _observed(
                        ("ListStreams", "*", "allowed"),
                        ("ListShards", CLICKS, "allowed"),
                        ("GetShardIterator", CLICKS, "allowed"),
                        ("GetRecords", CLICKS, "allowed"),
                    ),
                },
            ),
            hidden=_one_stream,
            hidden_count=3,
        ),
        Cases(
            id="two_streams",
            points=2,
            says="must keep each action on the stream on which it was used",
            visible=(
                {
                    "policy": BROAD[2],
                    "calls": _observed(
                        ("GetShardIterator", CLICKS, "allowed"),
                        ("GetRecords", CLICKS, "allowed"),
                        ("PutRecords", ORDERS, "allowed"),
                        ("DescribeStreamSummary", ORDERS, "allowed"),
                        ("DescribeStreamSummary", CLICKS, "allowed"),
                        ("PutResourcePolicy", ORDERS, "denied"),
                    ),
                },
                {
                    "policy": BROAD[0],
                    "calls": _observed(
                        ("ListStreams", "*", "allowed"),
                        ("ListShards", ORDERS, "allowed"),
                        ("PutRecord", CLICKS, "allowed"),
                        ("ListShards", CLICKS, "allowed"),
                        ("GetRecords", ORDERS, "allowed"),
                    ),
                },
            ),
            hidden=_two_streams,
            hidden_count=3,
        ),
        Cases(
            id="guard_rails",
            points=1,
            says="must keep the statements that deny",
            visible=(
                {
                    "policy": document(allow_statement("kinesis:*", "*"), _guard("vpce-0a1b2c3d")),
                    "calls": _observed(("PutRecord", ORDERS, "allowed"), ("MergeShards", ORDERS, "denied")),
                },
                {
                    "policy": document(_guard("vpce-07654321"), *_statements(BROAD[1])),
                    "calls": _observed(("ListShards", CLICKS, "allowed"), ("GetRecords", CLICKS, "allowed")),
                },
            ),
            hidden=_guarded,
            hidden_count=3,
        ),
    ),
    misconceptions=(
        Misconception(
            id="as_it_was",
            words="You return the policy as it was. It allows much more than the calls in the list.",
            model=lambda policy, calls: policy,
        ),
        Misconception(
            id="on_anything",
            words='The actions are the right ones, and they are allowed on "*". The list says on '
            "which stream "
            "each was used.",
            model=_any_resource,
        ),
        Misconception(
            id="whole_service",
            words="The streams are the right ones, and kinesis:* is allowed on them. The list says which "
            "actions were used.",
            model=_whole_service,
        ),
        Misconception(
            id="crossed",
            words="Every action is allowed on every stream of the list, so what was only read can now be "
            "written. Keep action and resource together.",
            model=_crossed,
        ),
        Misconception(
            id="crossed_with_all",
            words="One statement allows each of its actions on each of its resources, so what was only read "
            'can now be written, and "*" opens every stream. Keep action and resource together.',
            model=_crossed_with_all,
        ),
        Misconception(
            id="attempts_too",
            words='You allow calls whose outcome was "denied". They were refused, and nobody has asked to '
            "change that.",
            model=_attempts_too,
        ),
        Misconception(
            id="one_resource_each",
            words="An action that was used on two streams is allowed on one only. Collect pairs of action "
            "and resource; a dictionary by action keeps one of them.",
            model=_first_only,
        ),
        Misconception(
            id="last_resource_each",
            words="An action that was used on two streams is allowed on the last one only: in a dictionary "
            "by action each stream takes the place of the one before. Collect pairs of action and resource.",
            model=_last_only,
        ),
        Misconception(
            id="drops_denies",
            words='The statements with "Effect": "Deny" are gone. They are guard rails that hold for calls '
            "that you allow as well: keep them as they are.",
            model=lambda policy, calls: _from_pairs(_allowed_calls(calls)),
        ),
    ),
    hints=(
        "Start from the calls, not from the policy: what must the new one allow? And what of the old one "
        "must stay?",
        'Pairs of action and resource, of the calls with outcome "allowed", each once. One statement for '
        'each pair is fine. Then append the old policy\'s statements whose Effect is "Deny".',
        '{(call["action"], call["resource"]) for call in calls if call["outcome"] == "allowed"} are '
        "the pairs. "
        '"Statement" is a list here; copy those with one["Effect"] == "Deny" from it.',
    ),
)
