"""Task `layout`: choose partition keys and a prefix for a query pattern."""

from collections.abc import Mapping, Sequence
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import FIREHOSE_ACTIVE_PARTITIONS

LESSON = "course/09-delivery.ipynb"
DAY = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/"
Layout = dict[str, str]


def _made(name: str, keys: Sequence[str]) -> Layout:
    query = ", ".join(f"{key}: .{key}" for key in keys)
    folders = "".join(f"{key}=!{{partitionKeyFromQuery:{key}}}/" for key in keys)
    return {"query": f"{{{query}}}" if keys else "", "prefix": f"{name}/{folders}{DAY}"}


def _chosen(
    values: Mapping[str, int], filters: Sequence[str], most: int = FIREHOSE_ACTIVE_PARTITIONS
) -> list[str]:
    keys, partitions = [], 1
    for field in filters:
        if partitions * values[field] <= most:
            keys.append(field)
            partitions *= values[field]
    return keys


def layout(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    """The jq query and the prefix: what queries filter by, as long as there are at most 500 partitions."""
    return _made(name, _chosen(values, filters))


def _every_field(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    return _made(name, _chosen(values, list(values)))


def _no_limit(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    return _made(name, list(filters))


def _each_alone(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    return _made(name, [field for field in filters if values[field] <= FIREHOSE_ACTIVE_PARTITIONS])


def _sums(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    keys, partitions = [], 0
    for field in filters:
        if partitions + values[field] <= FIREHOSE_ACTIVE_PARTITIONS:
            keys.append(field)
            partitions += values[field]
    return _made(name, keys)


def _stops(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    keys, partitions = [], 1
    for field in filters:
        partitions *= values[field]
        if partitions > FIREHOSE_ACTIVE_PARTITIONS:
            break
        keys.append(field)
    return _made(name, keys)


def _below(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    return _made(name, _chosen(values, filters, FIREHOSE_ACTIVE_PARTITIONS - 1))


def _time_first(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Layout:
    right = layout(name, values, filters)
    folders = right["prefix"].removeprefix(f"{name}/").removesuffix(DAY)
    return {**right, "prefix": f"{name}/{DAY}{folders}"}


def _case(name: str, values: Mapping[str, int], filters: Sequence[str]) -> Arguments:
    return {"name": name, "values": dict(values), "filters": list(filters)}


FIELDS = ("country", "kind", "device", "channel", "plan", "shop", "currency")


def _few(rng: Random) -> Arguments:
    """Filters that fit, and fields that nobody filters by."""
    names = rng.sample(FIELDS, 4)
    values = {name: rng.randint(2, 9) for name in names}
    values[rng.choice(("order_id", "customer"))] = rng.randint(5_000, 90_000)
    filters = rng.sample(names, rng.randint(1, 2))
    return _case(rng.choice(("orders", "clicks", "sales")), values, filters)


def _many(rng: Random) -> Arguments:
    """Too many partitions with all filters: some are passed over, later ones may fit again."""
    names = rng.sample(FIELDS, 4)
    kind = rng.randrange(4)
    if kind == 0:  # exactly at the limit
        sizes = rng.choice(((20, 25, 3, 2), (5, 100, 2, 2), (10, 50, 4, 3)))
    elif kind == 1:  # the second is too much, the third fits again
        sizes = (rng.randint(20, 40), rng.randint(60, 400), rng.randint(2, 10), 3)
    elif kind == 2:  # one alone is too much
        sizes = (rng.randint(501, 3000), rng.randint(3, 30), rng.randint(2, 12), 2)
    else:  # two large ones that fit alone
        sizes = (rng.randint(100, 240), rng.randint(100, 240), 2, 2)
    values = dict(zip(names, sizes, strict=True))
    return _case(rng.choice(("orders", "clicks", "sales")), values, names[: rng.randint(2, 4)])


TASK = Task(
    id="layout",
    title="Choose partition keys and a prefix for a query pattern",
    function="layout",
    oracle=layout,
    read=f"{LESSON}, “Prefixes: files where a query looks for them”",
    parts=(
        Cases(
            id="filters",
            points=2,
            says="must take the fields that queries filter by, in their order, and write query and "
            "prefix in the "
            "form of the example",
            visible=(_case("orders", {"country": 30, "kind": 4, "order_id": 90_000}, ["country"]),
                     _case("clicks", {"kind": 4, "country": 30}, ["country", "kind"]),
                     _case("sales", {"shop": 12, "plan": 3}, [])),
            hidden=_few,
        ),
        Cases(
            id="limit",
            points=2,
            says="must keep to 500 partitions, and pass over a field that is too much",
            visible=(_case("orders", {"customer": 8_000, "country": 30}, ["customer", "country"]),
                     _case("clicks", {"country": 30, "shop": 200, "kind": 5}, ["country", "shop", "kind"]),
                     _case("sales", {"shop": 20, "plan": 25, "kind": 2}, ["shop", "plan", "kind"]),
                     _case("sales", {"shop": 150, "city": 160}, ["shop", "city"]),
                     _case("sales", {"shop": 300, "city": 260}, ["shop", "city"]),
                     _case("sales", {"shop": 167, "plan": 3}, ["shop", "plan"])),
            hidden=_many,
        ),
    ),
    misconceptions=(
        Misconception(
            id="every_field",
            words="Fields that no query filters by are keys too: they make more and smaller files, "
            "and help nobody.",
            model=_every_field,
        ),
        Misconception(
            id="no_limit",
            words="The partitions are not counted: there can be 500 at a time, and the values multiply.",
            model=_no_limit,
        ),
        Misconception(
            id="each_alone",
            words="Each field is compared with 500 by itself: the values of all keys multiply.",
            model=_each_alone,
        ),
        Misconception(
            id="sums",
            words="The values are added up: every combination is a partition, so they multiply.",
            model=_sums,
        ),
        Misconception(
            id="stops",
            words="You stop at the first field that is too much: a later one may still fit.",
            model=_stops,
        ),
        Misconception(
            id="below",
            words="500 partitions are taken as too many: 500 are allowed, and the next is one too many.",
            model=_below,
        ),
        Misconception(
            id="time_first",
            words="The day stands before the keys: by the rule the keys come first.",
            model=_time_first,
        ),
    ),
    hints=(
        "First the keys: go through `filters`, and keep the product of the values so far. Then write "
        "both texts.",
        "`\", \".join(f\"{key}: .{key}\" for key in keys)` makes the inside of the query. In an "
        "f-string write `{{` "
        "for a brace that is to stay.",
    ),
)  # fmt: skip
