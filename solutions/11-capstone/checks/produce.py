"""Task `produce`: the night's events into the stream, minute by minute, through faults and a reshard."""

from random import Random

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Producing


def _hidden(rng: Random) -> Producing:
    """The spike refuses, the minute after it loses an answer, and the shards double in between."""
    curve = [rng.randint(15, 40), rng.randint(40, 90), rng.randint(510, 560), rng.randint(60, 120)]
    return Producing(
        curve,
        seed=rng.randrange(10**6),
        partner=rng.randint(40, 60) / 100,
        shards=rng.randint(1, 3),
        refused=(2,),
        lost=(3,),
        reshard=3,
    )


TASK = Task(
    id="produce",
    title="The producer",
    function="produce",
    read="course/06-throttling.ipynb, “Send again only what was refused”, “The duplicate that nobody can "
    "avoid” and “Cure a hot key: salt it”",
    parts=(
        Criterion("complete", 2, "must bring every event into the stream"),
        Criterion("once", 1, "must send no event again that Kinesis has accepted"),
        Criterion("players", 1, "must keep each player's events under the player's own key"),
        Criterion("partner", 1, "must spread the partner's events over the salted keys"),
        Criterion("calls", 1, "must send in batches, and stay within the calls that it is allowed"),
    ),
    runs=Runs(
        visible=(
            Producing([20, 60, 30], seed=1),
            Producing([20, 40, 520, 60], seed=2, refused=(2,), lost=(3,), reshard=3),
        ),
        hidden=_hidden,
        hidden_count=1,
        seconds=30.0,
    ),
    misconceptions=(
        Misconception(
            id="ignores_failures",
            words="You send once. PutRecords succeeds as a call and can still refuse records: send again "
            "those with an ErrorCode.",
        ),
        Misconception(
            id="resends_all",
            words="You send records again that were stored already. Only the entries with an ErrorCode are "
            "not stored.",
        ),
        Misconception(
            id="one_by_one",
            words="You put one record a call. PutRecords takes up to 500.",
        ),
        Misconception(
            id="one_hot_key",
            words="All of the partner's events have one key, so one shard takes them all. Salt the key: "
            '"partner#" and n modulo 8.',
        ),
        Misconception(
            id="salts_everybody",
            words="The players' keys are salted too, or drawn. Then a player's events lie on several shards, "
            "and their order is gone. Salt the hot key alone.",
        ),
    ),
    hints=(
        "Make an entry of each event first: its key by the rule, its data as JSON. Keep a list of the "
        "entries that still wait.",
        "Each call takes up to 500 of them. Of its answer, those with an ErrorCode wait on, in front of the "
        "rest. Go on until nothing waits.",
        "waiting = failed + waiting[500:], where failed are the entries whose answer has an ErrorCode. A "
        "short time.sleep stands before the next call.",
    ),
)
