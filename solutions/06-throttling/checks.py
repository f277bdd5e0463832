"""The checks of assignment 06-throttling: six tasks.

Nothing here hangs on a number that AWS does not publish. Faults of the runs strike by the number of a call
and a seed, never by time.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Choice, Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Delivery

LESSON = "course/06-throttling.ipynb"
SERVICES = ("kinesis",)

# --- Task 1: backoff -----------------------------------------------------------------------------


def backoff(base: float, cap: float, attempt: int, number: float) -> float:
    """Full jitter: NUMBER, from 0 to 1, times the limit of this attempt."""
    return number * min(cap, base * 2**attempt)


def _backoff_case(rng: Random, capped: bool) -> Arguments:
    """A wait whose limit is, or is not, cut by the cap; jitter that tells all the wrong ways apart."""
    base = rng.choice((0.01, 0.02, 0.05, 0.1, 0.25))
    attempt = rng.randint(2, 6)
    limit = base * 2**attempt
    cap = limit * rng.uniform(0.55, 0.8) if capped else limit * rng.uniform(4.5, 9)
    return {"base": base, "cap": round(cap, 4), "attempt": attempt, "number": rng.randint(60, 90) / 100}


def _wait(base: float, cap: float, attempt: int, number: float) -> Arguments:
    return {"base": base, "cap": cap, "attempt": attempt, "number": number}


BACKOFF = Task(
    id="backoff",
    title="How long to wait: backoff with full jitter",
    function="backoff",
    oracle=backoff,
    compare=Close(relative=1e-6, absolute=1e-9),
    read=f"{LESSON}, “Send again only what was refused”",
    parts=(
        Cases(
            id="doubles",
            points=1,
            says="must double the limit with each attempt and multiply it by `number`, which is given",
            visible=(
                _wait(0.05, 20, 0, 0.5),
                _wait(0.05, 20, 3, 0.5),
                _wait(0.1, 60, 5, 0.25),
                _wait(0.1, 60, 2, 0),
            ),
            hidden=lambda rng: _backoff_case(rng, capped=False),
        ),
        Cases(
            id="capped",
            points=1,
            says="must cut the limit at the cap, and multiply afterwards",
            visible=(
                _wait(0.1, 2, 6, 0.5),
                _wait(0.05, 1, 5, 0.8),
                _wait(1, 20, 40, 0.1),
            ),
            hidden=lambda rng: _backoff_case(rng, capped=True),
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_cap",
            words="The cap is left out: after 40 attempts the limit would be longer than a human life.",
            model=lambda base, cap, attempt, number: number * base * 2**attempt,
        ),
        Misconception(
            id="cap_last",
            words="You multiply first and cut afterwards. Then most late attempts wait exactly the cap, all "
            "at the same moment. Cut the limit, then multiply it by `number`.",
            model=lambda base, cap, attempt, number: min(cap, number * base * 2**attempt),
        ),
        Misconception(
            id="no_jitter",
            words="`number` is left out: all who failed together come back together.",
            model=lambda base, cap, attempt, number: min(cap, base * 2**attempt),
        ),
        Misconception(
            id="equal_jitter",
            words="You wait at least half the limit. That is another kind of jitter; full jitter goes from 0 "
            "to the limit.",
            model=lambda base, cap, attempt, number: min(cap, base * 2**attempt) * (1 + number) / 2,
        ),
        Misconception(
            id="counts_from_one",
            words="Your limit is twice too long. Attempts count from 0: at attempt 0 the limit is the base.",
            model=lambda base, cap, attempt, number: number * min(cap, base * 2 ** (attempt + 1)),
        ),
        Misconception(
            id="linear",
            words="Your limit grows by the same step each time. Exponential backoff doubles it.",
            model=lambda base, cap, attempt, number: number * min(cap, base * (attempt + 1)),
        ),
    ),
    hints=(
        "Two steps: first the longest wait that this attempt allows, then a part of it by chance.",
        "The longest wait is base × 2 to the power of attempt, but not more than cap: min(...).",
        "Multiply that limit by `number`, which is between 0 and 1. Nothing is added.",
    ),
)

# --- Task 2: deliver -----------------------------------------------------------------------------


def _hidden_delivery(rng: Random) -> Delivery:
    """A hard run: entries refused for both reasons, calls that fail, one whose answer is lost.

    Three calls that fail in a row are all of boto3's tries of one call.
    """
    first, second = rng.sample(range(1, 5), 2)
    in_a_row = tuple(range(first, first + 3))
    return Delivery(
        events=rng.randint(520, 700),
        keys=rng.randint(8, 40),
        seed=rng.randrange(10**6),
        most_calls=24,
        refused=rng.randint(15, 30) / 100,
        broken=rng.randint(5, 12) / 100,
        **rng.choice(({"failing": in_a_row}, {"failing": (first,), "lost": (second,)})),
    )


DELIVER = Task(
    id="deliver",
    title="Deliver every event through a stream that refuses",
    function="deliver",
    read=f"{LESSON}, “Send again only what was refused” and “The duplicate that nobody can avoid”",
    runs=Runs(
        visible=(
            Delivery(events=40, keys=6, seed=1, most_calls=4),
            Delivery(events=200, keys=12, seed=2, most_calls=14, refused=0.3),
            Delivery(events=620, keys=30, seed=3, most_calls=20, refused=0.2, broken=0.1),
            Delivery(
                events=150, keys=10, seed=4, most_calls=18, refused=0.2, broken=0.1, failing=(2,), lost=(1,)
            ),
            # All of boto3's tries of one call fail, so the learner's code meets the exception.
            Delivery(events=90, keys=8, seed=5, most_calls=16, refused=0.2, failing=(2, 3, 4)),
            # The calls can't be enough: to stop is what is asked for.
            Delivery(events=80, keys=8, seed=6, most_calls=3, refused=0.5, scarce=True),
        ),
        hidden=_hidden_delivery,
        hidden_count=2,
        seconds=40,
    ),
    parts=(
        Criterion("complete", 3, "must bring every event into the stream"),
        Criterion("once", 2, "must send no event again that Kinesis has accepted"),
        Criterion("budget", 1, "must stay within the calls that it is allowed"),
        Criterion("unchanged", 1, "must store each event as JSON under the event's key"),
    ),
    misconceptions=(
        Misconception(
            id="ignores_failures",
            words="You send once. PutRecords succeeds as a call and can still refuse records: look at the "
            "entries of its answer, and send again those with an ErrorCode.",
        ),
        Misconception(
            id="resends_all",
            words="You send records again that were stored already. Only the entries with an ErrorCode are "
            "not stored; the answer has one entry for each record, in the same order.",
        ),
        Misconception(
            id="one_by_one",
            words="You put one record a call. PutRecords takes up to 500, and the budget is for that.",
        ),
        Misconception(
            id="never_stops",
            words="You go on until nothing waits. When `most_calls` calls are made, stop, whatever is left.",
        ),
    ),
    hints=(
        "Keep a list of the events that are still waiting. Each call takes up to 500 of them; what becomes "
        "of each stands in the answer, in the same order.",
        "After each call, keep those with an ErrorCode, whatever the code, and put them together with the "
        "events that were not in the call. Wait a little, and go on until nothing waits or the calls are "
        "used up.",
        "A call can fail as a whole: boto3 retries it, and raises ClientError when its tries are used up. "
        "Then nothing is known of its records: catch it, and let all of them wait on. Each of boto3's "
        "retries is a call of your budget.",
    ),
)

# --- Task 3: diagnose ----------------------------------------------------------------------------

Shards = Mapping[str, Mapping[str, int]]
Keys = Mapping[str, Mapping[str, int]]
TAKEN, REFUSED = "IncomingRecords", "WriteProvisionedThroughputExceeded"


def _verdict(verdict: str, shard: str | None = None, key: str | None = None) -> dict[str, str | None]:
    return {"verdict": verdict, "shard": shard, "key": key}


def _by_refusals(shards: Shards) -> str:
    return max(shards, key=lambda shard: shards[shard][REFUSED])


def _of_shard(keys: Mapping[str, int], shard: str, part: float = 0.5) -> dict[str, str | None]:
    """Hot key when one key makes more than PART of what was sent to the shard."""
    top = max(keys, key=lambda key: keys[key])
    if keys[top] > part * sum(keys.values()):
        return _verdict("hot key", shard, top)
    return _verdict("hot shard", shard)


def diagnose(shards: Shards, keys: Keys) -> dict[str, str | None]:
    """The printed rule: healthy, too small, or what is wrong with the shard that refused most."""
    refusing = [shard for shard in shards if shards[shard][REFUSED] > 0]
    if not refusing:
        return _verdict("healthy")
    if len(refusing) == len(shards):
        return _verdict("too small")
    hot = _by_refusals(shards)
    return _of_shard(keys[hot], hot)


def _any_is_too_small(shards: Shards, keys: Keys) -> dict[str, str | None]:
    return _verdict("too small" if any(load[REFUSED] for load in shards.values()) else "healthy")


def _busiest(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = max(shards, key=lambda shard: shards[shard][TAKEN])
    return _of_shard(keys[hot], hot)


def _first_refusing(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    first = next(shard for shard in shards if shards[shard][REFUSED])
    return _of_shard(keys[first], first)


def _ignores_keys(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    return told if told["shard"] is None else _verdict("hot shard", told["shard"])


def _always_a_key(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    return told if told["shard"] is None else _of_shard(keys[str(told["shard"])], str(told["shard"]), 0)


def _part_of_the_taken(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = str(told["shard"])
    top = max(keys[hot], key=lambda key: keys[hot][key])
    return (
        _verdict("hot key", hot, top)
        if 2 * keys[hot][top] > shards[hot][TAKEN]
        else _verdict("hot shard", hot)
    )


def _key_of_the_stream(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    everywhere = {key: count for counts in keys.values() for key, count in counts.items()}
    return _of_shard(everywhere, str(told["shard"]))


def _shard_ids(rng: Random) -> list[str]:
    return [f"shardId-{n:012}" for n in sorted(rng.sample(range(12), rng.randint(3, 6)))]


def _even_keys(rng: Random, names: list[str], total: int) -> dict[str, int]:
    """TOTAL over four to seven keys, none of which makes more than 40 % of it."""
    count = rng.randint(4, 7)
    weights = [rng.randint(8, 12) for _ in range(count)]
    shares = [total * weight // sum(weights) for weight in weights]
    shares[0] += total - sum(shares)
    return {names.pop(): share for share in shares}


def _quiet(rng: Random, names: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    taken = rng.randint(4_000, 20_000)
    return {TAKEN: taken, REFUSED: 0}, _even_keys(rng, names, taken)


def _stream(rng: Random) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]], list[str]]:
    """A stream without trouble: its metrics, its keys, and names of keys that are left."""
    names = [f"{kind}-{n}" for kind in ("show", "artist") for n in range(1, 60)]
    rng.shuffle(names)
    shards, keys = {}, {}
    for shard in _shard_ids(rng):
        shards[shard], keys[shard] = _quiet(rng, names)
    return shards, keys, names


def _whole_case(rng: Random) -> Arguments:
    shards, keys, _ = _stream(rng)
    if rng.randrange(2):
        for shard in shards:
            more = rng.randint(2_000, 9_000)
            shards[shard][REFUSED] = more
            top = next(iter(keys[shard]))
            keys[shard][top] += more
    return {"shards": shards, "keys": keys}


def _one_shard_case(rng: Random, hot_key: bool) -> Arguments:
    """One shard refuses; another takes more records and refuses none, since its records are small.

    With a hot key another key makes the most of another shard, or of the stream.
    """
    shards, keys, names = _stream(rng)
    hot, other = rng.sample(list(shards), 2)
    taken, refused = rng.randint(21_000, 30_000), rng.randint(9_000, 30_000)
    shards[hot] = {TAKEN: taken, REFUSED: refused}
    sent = taken + refused
    if hot_key:
        part = sent * rng.randint(60, 85) // 100
        keys[hot] = _even_keys(rng, names, sent - part) | {names.pop(): part}
    else:
        keys[hot] = _even_keys(rng, names, sent)
    busy = rng.randint(45_000, 58_000)
    shards[other] = {TAKEN: busy, REFUSED: 0}
    most = busy * rng.randint(92, 97) // 100
    keys[other] = _even_keys(rng, names, busy - most) | {names.pop(): most}
    if rng.randrange(2) and len(shards) > 2:
        third = next(shard for shard in shards if shard not in (hot, other))
        # It takes more than the hot one, and refuses far less.
        taken, refused = rng.randint(31_000, 40_000), rng.randint(1, 900)
        shards[third] = {TAKEN: taken, REFUSED: refused}
        keys[third] = _even_keys(rng, names, taken + refused)
    return {"shards": shards, "keys": keys}


def _table(*rows: tuple[int, int, dict[str, int]]) -> Arguments:
    ids = [f"shardId-{n:012}" for n in range(len(rows))]
    return {
        "shards": {shard: {TAKEN: row[0], REFUSED: row[1]} for shard, row in zip(ids, rows, strict=True)},
        "keys": {shard: row[2] for shard, row in zip(ids, rows, strict=True)},
    }


DIAGNOSE = Task(
    id="diagnose",
    title="Find out from the metrics what is wrong",
    function="diagnose",
    oracle=diagnose,
    read=f"{LESSON}, “Which shard, which key?” and “What to do, in which order”",
    parts=(
        Cases(
            id="whole",
            points=1,
            says="must tell a healthy stream from one that is too small",
            visible=(
                _table((9000, 0, {"show-1": 5000, "show-2": 4000}), (7000, 0, {"show-3": 7000})),
                _table(
                    (30000, 4000, {"show-1": 20000, "show-2": 14000}),
                    (28000, 9000, {"show-3": 20000, "show-4": 17000}),
                ),
            ),
            hidden=_whole_case,
        ),
        Cases(
            id="shard",
            points=1,
            says="must find a hot shard with several busy keys",
            visible=(
                _table(
                    (12000, 0, {"show-1": 12000}),
                    (25000, 11000, {"show-2": 13000, "show-3": 12000, "show-4": 11000}),
                    (52000, 0, {"show-5": 50000, "show-6": 2000}),
                ),
                _table(
                    (9000, 100, {"show-7": 9100}),
                    (24000, 20000, {"show-1": 11500, "show-2": 11000, "show-3": 11000, "show-9": 10500}),
                    (31000, 300, {"show-4": 30000, "show-5": 1300}),
                    (8000, 0, {"show-6": 8000}),
                ),
                _table(
                    (22000, 18000, {"show-1": 20000, "show-2": 12000, "show-3": 8000}),
                    (9000, 0, {"show-4": 9000}),
                ),
            ),
            hidden=lambda rng: _one_shard_case(rng, hot_key=False),
        ),
        Cases(
            id="key",
            points=2,
            says="must find the hot key of the shard that refuses",
            visible=(
                _table(
                    (11000, 0, {"show-1": 6000, "show-9": 5000}),
                    (26000, 14000, {"show-2": 31000, "show-3": 5000, "show-4": 4000}),
                    (9000, 0, {"show-5": 9000}),
                ),
                _table(
                    (55000, 0, {"show-1": 53000, "show-9": 2000}),
                    (6000, 0, {"show-7": 6000}),
                    (22000, 9000, {"show-2": 22000, "show-3": 9000}),
                ),
            ),
            hidden=lambda rng: _one_shard_case(rng, hot_key=True),
        ),
    ),
    misconceptions=(
        Misconception(
            id="any_is_too_small",
            words="You call the stream too small as soon as anything is refused. When other shards refuse "
            "nothing, the stream has room: one shard is hot.",
            model=_any_is_too_small,
        ),
        Misconception(
            id="busiest",
            words="You take the shard with the most IncomingRecords. A shard of small records can take many "
            "and refuse none; go by what was refused.",
            model=_busiest,
        ),
        Misconception(
            id="first_refusing",
            words="You take the first shard that refuses. Several may refuse a little; go by the one that "
            "refused most.",
            model=_first_refusing,
        ),
        Misconception(
            id="ignores_keys",
            words="You never name a hot key. Look at the keys of the shard: when one makes more than half, a "
            "split would not help.",
            model=_ignores_keys,
        ),
        Misconception(
            id="always_a_key",
            words="You always name a key. A busiest key there is in every shard; it is hot when it makes "
            "more than half of what was sent to that shard.",
            model=_always_a_key,
        ),
        Misconception(
            id="part_of_the_taken",
            words="You compare the key with the shard's IncomingRecords, which leave out what was refused. "
            "`keys` counts what was sent, refused or not: compare with the sum of the shard's keys.",
            model=_part_of_the_taken,
        ),
        Misconception(
            id="key_of_the_stream",
            words="You look for the key in the whole stream. The busiest key may lie on a shard that refuses "
            "nothing; look only at the keys of the shard that refuses most.",
            model=_key_of_the_stream,
        ),
    ),
    hints=(
        "Collect the shards that refused something. How many are they: none, all, or some?",
        "When it is some, take the one with the largest WriteProvisionedThroughputExceeded, and look at "
        "keys[that shard] only.",
        "Hot key: max of the counts × 2 > sum of the counts. Otherwise it is a hot shard, and key is None.",
    ),
)

# --- Tasks 4 and 5: salt, and the reader that undoes it ------------------------------------------


def salted_key(key: str, n: int, salts: int) -> str:
    """The key, a hash sign, and the counter modulo the number of salts."""
    return f"{key}#{n % salts}"


def _salt(key: str, n: int, salts: int) -> Arguments:
    return {"key": key, "n": n, "salts": salts}


SALTED_KEY = Task(
    id="salted_key",
    title="Give a hot key several partition keys",
    function="salted_key",
    oracle=salted_key,
    read=f"{LESSON}, “Cure a hot key: salt it”",
    parts=(
        Cases(
            id="spreads",
            points=1,
            says="must give the salted key of each event",
            visible=(
                _salt("show-8", 1, 8),
                _salt("show-8", 8, 8),
                _salt("show-8", 35, 16),
                _salt("seat#7", 5, 4),
            ),
            hidden=lambda rng: _salt(
                f"show-{rng.randint(1, 99)}", rng.randint(100, 5000), rng.randint(3, 40)
            ),
        ),
    ),
    misconceptions=(
        Misconception(
            id="one_key_each",
            words="Each event gets a key of its own. That spreads, but the reader must know how many keys to "
            "wait for: the rule has `salts` of them.",
            model=lambda key, n, salts: f"{key}#{n}",
        ),
        Misconception(
            id="divides",
            words="You divide the counter instead of taking the remainder: then many events in a row share a "
            "key, and their shard is hot for as long.",
            model=lambda key, n, salts: f"{key}#{n // salts}",
        ),
        Misconception(
            id="counts_from_one",
            words="Your salts begin at 1. The rule's begin at 0: the remainder itself.",
            model=lambda key, n, salts: f"{key}#{n % salts + 1}",
        ),
    ),
    hints=(
        "A salt is a small number after the key: which one follows from the event's counter.",
        "The remainder of n divided by salts, n % salts, goes round from 0 to salts − 1.",
    ),
)

Record = Mapping[str, Any]


def unsalted(records: list[Record]) -> dict[str, list[str]]:
    """The texts of each key by their counter, each event once."""
    return _unsalted(records, lambda key: key.rpartition("#")[0])


def _unsalted(
    records: list[Record],
    name: Callable[[str], str],
    order: Callable[[Any], Any] = int,
    is_new: Callable[[int, Mapping[int, str]], bool] = lambda n, seen: n not in seen,
) -> dict[str, list[str]]:
    keys: dict[str, dict[int, str]] = {}
    for record in records:
        seen = keys.setdefault(name(record["PartitionKey"]), {})
        if is_new(record["n"], seen):
            seen[record["n"]] = record["text"]
    return {key: [seen[n] for n in sorted(seen, key=order)] for key, seen in keys.items()}


def _as_read(records: list[Record]) -> dict[str, list[str]]:
    keys: dict[str, dict[int, str]] = {}
    for record in records:
        keys.setdefault(record["PartitionKey"].rpartition("#")[0], {}).setdefault(record["n"], record["text"])
    return {key: list(texts.values()) for key, texts in keys.items()}


def _with_doubles(records: list[Record]) -> dict[str, list[str]]:
    keys: dict[str, list[tuple[int, str]]] = {}
    for record in records:
        key = record["PartitionKey"].rpartition("#")[0]
        keys.setdefault(key, []).append((record["n"], record["text"]))
    return {key: [text for _, text in sorted(pairs, key=lambda p: p[0])] for key, pairs in keys.items()}


def _by_text(records: list[Record]) -> dict[str, list[str]]:
    """Equal texts are taken for the same event."""
    keys: dict[str, dict[str, int]] = {}
    for record in sorted(records, key=lambda r: r["n"]):
        keys.setdefault(record["PartitionKey"].rpartition("#")[0], {}).setdefault(record["text"], 0)
    return {key: list(texts) for key, texts in keys.items()}


TEXTS = ("joins", "jumps", "scores", "falls", "leaves")


def _salted_records(rng: Random, names: list[str], salts: int, doubles: int) -> list[dict[str, Any]]:
    """Events of each name, salted, as a consumer reads them shard by shard; some are there twice."""
    lanes: list[list[dict[str, Any]]] = [[], [], []]
    for name in names:
        for n in range(1, rng.randint(11, 14) + 1):
            record = {"PartitionKey": salted_key(name, n, salts), "n": n, "text": rng.choice(TEXTS)}
            lanes[(n % salts + len(name)) % 3].append(record)
    for _ in range(doubles):
        lane = rng.choice([lane for lane in lanes if lane])
        lane.append(dict(rng.choice(lane)))
    rng.shuffle(lanes)
    return [record for lane in lanes for record in lane]


def _reading(rng: Random, names: tuple[str, ...], doubles: int = 0) -> Arguments:
    return {"records": _salted_records(rng, list(names), rng.randint(4, 9), doubles)}


def _show_names(rng: Random) -> tuple[str, ...]:
    return tuple(f"show-{n}" for n in rng.sample(range(1, 100), rng.randint(1, 3)))


def _sharp_names(rng: Random) -> tuple[str, ...]:
    return tuple(f"hall#{n}" for n in rng.sample(range(1, 100), rng.randint(2, 3)))


def _record(key: str, n: int, text: str) -> dict[str, Any]:
    return {"PartitionKey": key, "n": n, "text": text}


UNSALTED = Task(
    id="unsalted",
    title="Undo the salt: the reader",
    function="unsalted",
    oracle=unsalted,
    read=f"{LESSON}, “Cure a hot key: salt it”",
    parts=(
        Cases(
            id="order",
            points=1,
            says="must put each key's events in the order of their counter",
            visible=(
                {
                    "records": [
                        _record("show-8#0", 2, "jumps"),
                        _record("show-8#0", 4, "leaves"),
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#1", 3, "scores"),
                    ]
                },
                _reading(Random(1), ("show-3", "show-5")),
                {"records": []},
            ),
            hidden=lambda rng: _reading(rng, _show_names(rng)),
        ),
        Cases(
            id="once",
            points=1,
            says="must give an event once that is stored twice",
            visible=(
                {
                    "records": [
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#0", 2, "joins"),
                    ]
                },
                _reading(Random(2), ("show-3", "show-5"), doubles=6),
            ),
            hidden=lambda rng: _reading(rng, _show_names(rng), doubles=rng.randint(3, 9)),
        ),
        Cases(
            id="sharp",
            points=1,
            says="must take off the salt alone, also of a key that has a # of its own",
            visible=(
                {"records": [_record("hall#7#1", 1, "joins"), _record("hall#7#0", 2, "scores")]},
                _reading(Random(3), ("hall#7",)),
            ),
            hidden=lambda rng: _reading(rng, _sharp_names(rng)),
        ),
    ),
    misconceptions=(
        Misconception(
            id="keeps_the_salt",
            words="The salt is still there, so each salted key stays a list of its own. Take off the # and "
            "what follows.",
            model=lambda records: _unsalted(records, lambda key: key),
        ),
        Misconception(
            id="as_read",
            words="You keep the order in which the records were read. The salted keys lie on several shards, "
            "so it says nothing: sort by n.",
            model=_as_read,
        ),
        Misconception(
            id="as_text",
            words="You sort the counters as text, where 10 comes before 2. Sort them as numbers.",
            model=lambda records: _unsalted(records, lambda key: key.rpartition("#")[0], str),
        ),
        Misconception(
            id="keeps_doubles",
            words="An event that is stored twice is in your list twice. A counter that was there already is "
            "the same event.",
            model=_with_doubles,
        ),
        Misconception(
            id="same_text",
            words="You take events with the same text for the same event. Two different events may say the "
            "same; only the counter tells.",
            model=_by_text,
        ),
        Misconception(
            id="first_sharp",
            words="You cut at the first #. The salt follows the last one: a key may have a # of its own.",
            model=lambda records: _unsalted(records, lambda key: key.partition("#")[0]),
        ),
    ),
    hints=(
        "First bring together what belongs to one key: the partition key up to its last #.",
        "For each key a dictionary from n to text: a counter that comes twice is there once.",
        'key.rpartition("#")[0] takes off the salt; sorted(counters) puts whole numbers in order.',
    ),
)

# --- Task 6: what helps first --------------------------------------------------------------------

FIRST = Task(
    id="first",
    title="What helps, and what first?",
    read=f"{LESSON}, “What to do, in which order” and “The metric that looks healthy”",
    parts=(
        Choice(
            id="tonight",
            points=1,
            says="it must name what helps before anything else",
            name="first_step",
            options={
                "a": "double the shards with UpdateShardCount",
                "b": "split the shard that refuses",
                "c": "send the refused entries again, with backoff and jitter",
                "d": "salt the busiest key",
            },
            right=("c",),
            why={
                "a": "More shards help a stream that is too small, minutes later. The records that are "
                "refused now are lost all the same, and nobody knows yet whether one key is the trouble.",
                "b": "Whether a split helps depends on the keys, which nobody has looked at, and it saves "
                "none of the records that are refused now.",
                "d": "That may be the cure, once the metrics show a hot key. But the producer still loses "
                "what is refused until then, and at the next burst.",
            },
        ),
        Choice(
            id="alarms",
            points=1,
            says="it must name every metric that shows lost records of PutRecords",
            name="alarm_on",
            options={
                "a": "PutRecords.Success",
                "b": "PutRecords.ThrottledRecords",
                "c": "GetRecords.IteratorAgeMilliseconds",
                "d": "PutRecords.FailedRecords",
                "e": "IncomingRecords",
            },
            right=("b", "d"),
            why={
                "a": "Success counts calls with at least one stored record: 499 of 500 may be refused.",
                "c": "The iterator age tells how far a consumer is behind, and nothing of refused records.",
                "e": "IncomingRecords counts what was stored, so what was refused is missing there.",
            },
        ),
    ),
    misconceptions=(),
    hints=(
        "What is lost first: time, money or records? Begin where records are lost.",
        "Two metrics count records that were not stored, one for each reason that an entry can fail for.",
    ),
)

TASKS = [BACKOFF, DELIVER, DIAGNOSE, SALTED_KEY, UNSALTED, FIRST]
