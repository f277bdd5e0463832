"""Registered consumers of a stream (API model: RegisterStreamConsumer)."""

from dataclasses import dataclass, field

from lab.rules.arn import ConsumerArn, StreamArn
from lab_emulator.kinesis.store.lasting import State


@dataclass(eq=False)
class Consumer:
    """One registered consumer. `created`: milliseconds since 1970 by the stream's clock."""

    stream: StreamArn
    name: str
    created: int
    state: State
    tags: dict[str, str] = field(default_factory=dict)
    policy: str | None = None

    @property
    def arn(self) -> str:
        return str(ConsumerArn(self.stream, self.name, self.created // 1000))
