"""The prices of Kinesis Data Streams that lessons and checks use: the one place for them.

us-east-1, list prices in US dollars before tax, as compiled on 2026-11-20. AWS's own price page could be read
only in part, so each row names where it is from: "price API" is the kinesis_stream golden test of the
infracost repository, computed from the AWS price list API; "price list" is a public study catalogue that
quotes the AWS price list of September 2026; "price page" is aws.amazon.com/kinesis/data-streams/pricing/;
"FAQ" is "Kinesis Data Streams FAQs". For a bill of your own, look at AWS's page.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Mode = Literal["provisioned", "on-demand standard", "on-demand advantage"]

COMPILED: Final = "2026-11-20"
REGION: Final = "us-east-1"

PAYLOAD_UNIT_KB: Final = 25
"""A PUT payload unit; each record is rounded up to whole ones, at least one (price page). Whether a KB is
1,000 or 1,024 bytes here and whether the key counts is not published: no example may hang on either."""

ADVANTAGE_MINIMUM_MIB_PER_SECOND: Final = 25
"""On-demand Advantage bills at least so much written and so much read, over all on-demand streams of the
account in the Region ("Choose the right mode to stream in", FAQ)."""

RETENTION_INCLUDED_HOURS: Final = 24
"""The first band of retention, which costs nothing more (FAQ)."""
RETENTION_EXTENDED_HOURS: Final = 7 * 24
"""The end of the second band, "extended"; beyond it retention is "long-term" (FAQ)."""


@dataclass(frozen=True)
class Price:
    """`dollars` for each `unit` of `dimension` in a stream of `mode`, where the price is from, and the
    `fact` of course/source/facts.toml that it is of."""

    mode: Mode
    dimension: str
    unit: str
    dollars: Decimal
    source: str
    fact: str


def _price(
    mode: Mode, dimension: str, unit: str, dollars: str, fact: str, source: str = "price API, price list"
) -> Price:
    return Price(mode, dimension, unit, Decimal(dollars), source, f"prices.{fact}")


PRICES: Final = (
    _price("provisioned", "capacity", "shard-hour", "0.015", "provisioned-capacity"),
    _price("provisioned", "writes", "million PUT payload units", "0.014", "provisioned-writes"),
    _price(
        "provisioned",
        "fan-out consumers",
        "consumer-shard-hour",
        "0.015",
        "provisioned-fan-out",
        "price API, price list, FAQ",
    ),
    _price("provisioned", "fan-out reads", "GB", "0.013", "provisioned-fan-out"),
    _price(
        "provisioned", "extended retention", "shard-hour", "0.020", "provisioned-extended", "FAQ, price list"
    ),
    _price("provisioned", "long-term retention", "GB-month", "0.023", "provisioned-long-term"),
    _price("provisioned", "long-term reads", "GB", "0.021", "provisioned-long-term"),
    _price("on-demand standard", "capacity", "stream-hour", "0.04", "standard-capacity"),
    _price("on-demand standard", "writes", "GB", "0.08", "standard-writes"),
    _price("on-demand standard", "shared reads", "GB", "0.04", "standard-reads"),
    _price("on-demand standard", "fan-out reads", "GB", "0.05", "standard-reads"),
    _price("on-demand standard", "extended retention", "GB-month", "0.10", "standard-retention"),
    _price("on-demand standard", "long-term retention", "GB-month", "0.023", "standard-retention"),
    _price("on-demand advantage", "writes", "GB", "0.032", "advantage"),
    _price("on-demand advantage", "shared reads", "GB", "0.016", "advantage"),
    _price("on-demand advantage", "fan-out reads", "GB", "0.016", "advantage"),
    _price("on-demand advantage", "extended retention", "GB-month", "0.023", "advantage"),
    _price("on-demand advantage", "long-term retention", "GB-month", "0.023", "advantage"),
)

FACTS: Final[dict[str, str]] = {
    "PAYLOAD_UNIT_KB": "prices.payload-unit",
    "ADVANTAGE_MINIMUM_MIB_PER_SECOND": "advantage.minimum",
    "RETENTION_INCLUDED_HOURS": "retention.bands",
    "RETENTION_EXTENDED_HOURS": "retention.bands",
}
"""The fact of course/source/facts.toml that each other constant here is of."""


def price(mode: Mode, dimension: str) -> Price:
    """The row of PRICES for MODE and DIMENSION. Raises LookupError, with the rows there are, for another."""
    for row in PRICES:
        if (row.mode, row.dimension) == (mode, dimension):
            return row
    there = ", ".join(f"{row.mode} {row.dimension}" for row in PRICES)
    raise LookupError(f"no price for {mode} {dimension}; there are: {there}")
