"""Task `salted_key`: give a hot key several partition keys."""

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/06-throttling.ipynb"


def salted_key(key: str, n: int, salts: int) -> str:
    """The key, a hash sign, and the counter modulo the number of salts."""
    return f"{key}#{n % salts}"


def _salt(key: str, n: int, salts: int) -> Arguments:
    return {"key": key, "n": n, "salts": salts}


TASK = Task(
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
