"""Task `plan`: from what is wanted and seen to steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import (
    RETENTION_DEFAULT_HOURS,
    UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS,
    legal_shard_counts,
)

LESSON = "course/10-operations.ipynb"

Step = list[Any]
Stream = Mapping[str, Any]


def _counts(now: int, target: int) -> list[int]:
    """As far as one update may go, until the target is in reach."""
    counts = []
    while now != target:
        reach = legal_shard_counts(now)
        now = min(max(target, reach[0]), reach[-1])
        counts.append(now)
    return counts


def _one_update(now: int, target: int) -> list[int]:
    return [target] if now != target else []


def _half_rounded_down(now: int, target: int) -> list[int]:
    counts = []
    while now != target:
        now = min(target, 2 * now) if target > now else max(target, now // 2)
        counts.append(now)
    return counts


RULES = ("not ours", "on-demand", "too many updates", "loses records")


@dataclass(frozen=True)
class _Plan:
    """The plan by the printed rule, but for what the switches change."""

    counts: Callable[[int, int], list[int]] = _counts
    rules: tuple[str, ...] = RULES
    scale_new: bool = False
    deletes: bool = False
    goes_on: bool = False
    forgets_today: bool = False
    refuses_equal: bool = False
    new_keeps: bool = True

    def __call__(self, wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> list[Step]:
        steps: list[Step] = []
        for name in sorted({*wanted, *seen}):
            if name not in wanted:
                steps.append(["delete" if self.deletes else "foreign", name, None])
            elif name not in seen:
                steps += self._new(name, wanted[name])
            else:
                steps += self._known(name, wanted[name], seen[name])
        return steps

    def _new(self, name: str, want: Stream) -> list[Step]:
        steps = [["create", name, 1 if self.scale_new else want["shards"]]]
        if self.scale_new:
            steps += [["scale", name, count] for count in _counts(1, want["shards"])]
        if want["retention"] != RETENTION_DEFAULT_HOURS and self.new_keeps:
            steps.append(["retention", name, want["retention"]])
        return steps

    def _known(self, name: str, want: Stream, now: Stream) -> list[Step]:
        steps: list[Step] = [["scale", name, count] for count in self.counts(now["shards"], want["shards"])]
        fits = self._fits(want, now, len(steps))
        if want["retention"] != now["retention"]:
            steps.append(["retention", name, want["retention"]])
        if want["owner"] != now["owner"]:
            steps.append(["tag", name, want["owner"]])
        fits["not ours"] = bool(steps or self.refuses_equal) and not now["ours"]
        refused = next((rule for rule in self.rules if fits[rule]), None)
        if refused is None:
            return steps
        return [["refused", name, refused], *(steps if self.goes_on else [])]

    def _fits(self, want: Stream, now: Stream, updates: int) -> dict[str, bool]:
        today = updates + (0 if self.forgets_today else now["updates"])
        return {
            "on-demand": bool(updates) and now["mode"] == "ON_DEMAND",
            "too many updates": bool(updates) and today > UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS,
            "loses records": want["retention"] < now["retention"] and not want["may_lose"],
        }


def plan(wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> list[Step]:
    """The steps of every stream, by name."""
    return _Plan()(wanted, seen)


def _want(shards: int = 4, retention: int = 24, owner: str = "shop", may_lose: bool = False) -> Stream:
    return {"shards": shards, "retention": retention, "owner": owner, "may_lose": may_lose}


def _now(
    shards: int = 4,
    retention: int = 24,
    owner: str | None = "shop",
    mode: str = "PROVISIONED",
    ours: bool = True,
    updates: int = 0,
) -> Stream:
    return {
        "shards": shards,
        "retention": retention,
        "owner": owner,
        "mode": mode,
        "ours": ours,
        "updates": updates,
    }


def _case(wanted: Mapping[str, Stream], seen: Mapping[str, Stream]) -> Arguments:
    return {"wanted": dict(wanted), "seen": dict(seen)}


NAMES = ("audit", "games", "partners", "payments", "sensors", "web")


def _hidden_steps(rng: Random) -> Arguments:
    """A new stream, a foreign one, one to be scaled up, one down from an odd count, one that is right."""
    new, foreign, up, down, right = rng.sample(NAMES, 5)
    few = rng.randint(1, 9)
    odd = 2 * rng.randint(8, 40) + 1
    hours = rng.randint(25, 200)
    wanted = {
        new: _want(rng.randint(5, 60), hours),
        up: _want(few * rng.randint(3, 30), hours + 24, rng.choice(("shop", "field"))),
        down: _want(rng.randint(1, odd // 2 - 1), 36, may_lose=True),
        right: _want(6, 48, "billing"),
    }
    seen = {
        foreign: _now(3, ours=rng.random() < 0.5),
        up: _now(few, hours, owner=rng.choice((None, "shop"))),
        down: _now(odd, rng.choice((36, 72))),
        right: _now(6, 48, "billing", ours=rng.random() < 0.5, mode="ON_DEMAND", updates=10),
    }
    return _case(wanted, seen)


def _hidden_refusals(rng: Random) -> Arguments:
    """Each rule alone or with a later one, and two streams that just pass."""
    names = rng.sample(NAMES, 6)
    few, odd = rng.randint(2, 9), 2 * rng.randint(3, 9) + 1
    wanted = {
        names[0]: _want(few + 1, 24, rng.choice(("shop", "field"))),
        names[1]: _want(8, rng.choice((24, 48)), "field"),
        names[2]: _want(few * 4, 36, "sales"),
        names[3]: _want(4, 24, rng.choice(("shop", "field"))),
        names[4]: _want(few * 4, 24),
        names[5]: _want(odd // 2, 24, may_lose=True),
    }
    seen = {
        names[0]: _now(few, rng.choice((24, 48)), ours=False, mode=rng.choice(("ON_DEMAND", "PROVISIONED"))),
        names[1]: _now(4, 48, mode="ON_DEMAND", updates=rng.choice((0, 10))),
        names[2]: _now(few, rng.choice((36, 48)), updates=9),
        names[3]: _now(4, rng.randint(25, 90)),
        names[4]: _now(few, updates=8),
        names[5]: _now(odd, 48, updates=rng.choice((8, 9))),
    }
    return _case(wanted, seen)


TASK = Task(
    id="plan",
    title="The plan: from what is wanted and seen to steps",
    function="plan",
    oracle=plan,
    read=f"{LESSON}, “The plan: what would change” and “Steps of scaling”",
    parts=(
        Cases(
            id="steps",
            points=3,
            says="must give the steps of each stream, in order",
            visible=(
                _case({"web": _want(20)}, {"web": _now(4, updates=2)}),
                _case(
                    {"web": _want(5), "audit": _want(20, 168)}, {"web": _now(5), "games": _now(ours=False)}
                ),
                _case({"web": _want(2, 48, "field")}, {"web": _now(9, 24, None)}),
                _case({"web": _want(may_lose=True)}, {"web": _now(retention=72)}),
                _case({"web": _want()}, {"web": _now(ours=False), "old": _now()}),
            ),
            hidden=_hidden_steps,
        ),
        Cases(
            id="refusals",
            points=2,
            says="must refuse what breaks a rule, with the first rule that fits and nothing else of the "
            "stream",
            visible=(
                _case({"web": _want(8)}, {"web": _now(4, ours=False, mode="ON_DEMAND")}),
                _case({"web": _want(8)}, {"web": _now(4, 48, mode="ON_DEMAND", updates=10)}),
                _case(
                    {"web": _want(16), "audit": _want(16)}, {"web": _now(updates=9), "audit": _now(updates=8)}
                ),
                _case({"web": _want(8, 24, "field")}, {"web": _now(4, 25)}),
                _case({"web": _want(owner="field")}, {"web": _now(mode="ON_DEMAND", updates=10)}),
            ),
            hidden=_hidden_refusals,
        ),
    ),
    misconceptions=(
        Misconception(
            id="one_update",
            words="You go to the target in one update. It may at most double the shards and at most halve "
            "them.",
            model=_Plan(_one_update),
        ),
        Misconception(
            id="half_rounded_down",
            words="You round the half down: from 9 shards, 4 is below half. Round up: 5.",
            model=_Plan(_half_rounded_down),
        ),
        Misconception(
            id="deletes",
            words="You delete what no file names. It is somebody else's, and its records are gone: report "
            "it.",
            model=_Plan(deletes=True),
        ),
        Misconception(
            id="scales_new",
            words="You make a stream with one shard and scale it. CreateStream takes any count, and uses up "
            "none of the ten updates.",
            model=_Plan(scale_new=True),
        ),
        Misconception(
            id="forgets_new",
            words="You leave the retention of a new stream at 24 hours. CreateStream does not take it, so "
            "a step "
            "must follow.",
            model=_Plan(new_keeps=False),
        ),
        Misconception(
            id="forgets_today",
            words="You count the plan's own updates only. Those of the last 24 hours are part of the ten.",
            model=_Plan(forgets_today=True),
        ),
        Misconception(
            id="loses",
            words="You shorten a retention without asking. What becomes older than that is gone: without "
            "may_lose, refuse.",
            model=_Plan(rules=RULES[:3]),
        ),
        Misconception(
            id="scales_on_demand",
            words="You scale an on-demand stream. UpdateShardCount is for provisioned ones only.",
            model=_Plan(rules=(RULES[0], *RULES[2:])),
        ),
        Misconception(
            id="takes_all",
            words="You change a stream that lacks our tag. A name alone does not make it ours: refuse.",
            model=_Plan(rules=RULES[1:]),
        ),
        Misconception(
            id="goes_on",
            words="You refuse, and list the stream's other steps all the same. A refused stream has that one "
            "step, so that nothing is done by half.",
            model=_Plan(goes_on=True),
        ),
        Misconception(
            id="refuses_equal",
            words="You refuse a stream that needs no change. What is right already breaks no rule.",
            model=_Plan(refuses_equal=True),
        ),
    ),
    hints=(
        "Go through sorted(wanted.keys() | seen.keys()). Three cases: only wanted, only seen, both.",
        "For both, first collect all steps as if everything were allowed. Then ask the four rules, in "
        "order: if "
        "one fits, the answer is that refusal alone.",
        "The next count is min(target, 2 * now) upwards and max(target, -(-now // 2)) downwards. Updates of "
        "today: seen's `updates` and the number of counts.",
    ),
)
