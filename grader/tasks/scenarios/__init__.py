"""What happens in the lab around a learner's function, and how it is judged; known by name, as data.

One module a kind of scenario. May import `lab` and the grader's answers and comparisons.
Learners have this package too: nothing in it is a secret, hidden runs are secret by their fields.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from grader.tasks.scenarios.buckets import BucketState
from grader.tasks.scenarios.delivery import Delivery
from grader.tasks.scenarios.encryption import Encryption
from grader.tasks.scenarios.following import Following
from grader.tasks.scenarios.invoking import Invoking
from grader.tasks.scenarios.night.admitting import Admitting
from grader.tasks.scenarios.night.consuming import Consuming
from grader.tasks.scenarios.night.delivering import Delivering
from grader.tasks.scenarios.night.producing import Producing
from grader.tasks.scenarios.night.watching import Watching
from grader.tasks.scenarios.processing import Processing
from grader.tasks.scenarios.provisioning import Provisioning
from grader.tasks.scenarios.replaying import Replay
from grader.tasks.scenarios.sending import Sending
from grader.tasks.scenarios.stage import Scenario
from grader.tasks.scenarios.streams import StreamState

KINDS: Sequence[type[Any]] = (
    Admitting,
    BucketState,
    Consuming,
    Delivering,
    Delivery,
    Encryption,
    Following,
    Invoking,
    Processing,
    Producing,
    Provisioning,
    Replay,
    Sending,
    StreamState,
    Watching,
)


def to_data(scenario: Scenario) -> dict[str, Any]:
    """A scenario as JSON."""
    return {"name": scenario.name, **asdict(scenario)}  # type: ignore[call-overload]


def from_data(data: dict[str, Any]) -> Scenario:
    """The scenario that `to_data` described. Raises KeyError for a name that this version lacks."""
    fields = {key: value for key, value in data.items() if key != "name"}
    made: Scenario = {kind.name: kind for kind in KINDS}[data["name"]](**fields)
    return made


__all__ = [
    "KINDS",
    "Admitting",
    "BucketState",
    "Consuming",
    "Delivering",
    "Delivery",
    "Encryption",
    "Following",
    "Invoking",
    "Processing",
    "Producing",
    "Provisioning",
    "Replay",
    "Scenario",
    "Sending",
    "StreamState",
    "Watching",
    "from_data",
    "to_data",
]
