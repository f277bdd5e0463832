"""All streams of all accounts and Regions, none of which knows of another's."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lab.rules.arn import StreamArn
from lab.rules.quotas import STREAMS_BEING_CREATED, shard_limit
from lab_emulator.kinesis.store.errors import LimitExceededException, ResourceInUseException
from lab_emulator.kinesis.store.lasting import Clock, Durations, State
from lab_emulator.kinesis.store.memory import Memory
from lab_emulator.kinesis.store.signing import Position
from lab_emulator.kinesis.store.stream import Stream


@dataclass(eq=False)
class Region:
    """The streams of one account in one Region."""

    account: str
    name: str
    clock: Clock
    memory: Memory
    durations: Callable[[], Durations]
    streams: dict[str, Stream] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def find(self, name: str) -> Stream | None:
        """The stream of that name, one that is being deleted too."""
        found = self.streams.get(name)
        if found is not None and found.status is None:
            with self.lock:
                if self.streams.get(name) is found:
                    del self.streams[name]
            return None
        return found

    def all(self) -> list[Stream]:
        """In the order of their names."""
        return [found for name in sorted(self.streams) if (found := self.find(name)) is not None]

    @property
    def open_shards(self) -> int:
        return sum(len(stream.map.open) for stream in self.all() if stream.status != "DELETING")

    def check_shards(self, more: int) -> None:
        """Whether there may be MORE open shards. Raises LimitExceededException, in AWS's words."""
        present, limit = self.open_shards, shard_limit(self.name)
        if present + more > limit:
            raise LimitExceededException(
                f"This request would exceed the shard limit for the account {self.account} in {self.name}. "
                f"Current shard count for the account: {present}. Limit: {limit}. Number of additional "
                f"shards that would have resulted from this request: {more}. Refer to the AWS Service "
                "Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for "
                "current limits and how to request higher limits."
            )

    def create(self, arn: StreamArn, shards: int) -> Stream:
        """A new stream that is not in the registry yet: see `Registry.add`. Hold the lock.

        Raises ResourceInUseException, LimitExceededException.
        """
        if self.find(arn.name) is not None:
            raise ResourceInUseException(f"Stream {arn.name} under account {arn.account} already exists.")
        self.check_shards(shards)
        being_made = sum(stream.status == "CREATING" for stream in self.all())
        if being_made >= STREAMS_BEING_CREATED:
            raise LimitExceededException(
                f"Limit for streams being created concurrently exceeded: account {self.account} has "
                f"{being_made} streams in CREATING in {self.name}, which is all it may have."
            )
        durations, now = self.durations(), self.clock()
        made = Stream(
            arn, self.clock, self.memory, durations, now, State("CREATING", now + durations.creating)
        )
        made.begin(shards)
        return made


class Registry:
    """Finds streams by account, Region and name, or by the token in an iterator.

    `clock`: the clock of an account, by its id. `durations`: how long an account's states are to be seen.
    """

    def __init__(
        self, clock: Callable[[str], Clock], durations: Callable[[str], Durations], memory: Memory
    ) -> None:
        self._clock, self._durations, self.memory = clock, durations, memory
        self._regions: dict[tuple[str, str], Region] = {}
        self._by_token: dict[bytes, Stream] = {}
        self._lock = threading.Lock()
        memory.relieve = self.trim

    def region(self, account: str, name: str) -> Region:
        found = self._regions.get((account, name))
        if found is None:
            made = Region(account, name, self._clock(account), self.memory, lambda: self._durations(account))
            found = self._regions.setdefault((account, name), made)
        return found

    def find(self, arn: StreamArn) -> Stream | None:
        """The stream of an ARN, in its own partition only."""
        region = self._regions.get((arn.account, arn.region))
        found = region.find(arn.name) if region is not None else None
        return found if found is not None and found.arn == arn else None

    def of_position(self, position: Position) -> Stream | None:
        """The stream that an iterator was made for; when it was deleted since, another of its name."""
        found = self._by_token.get(position.token)
        if found is not None and found.status is not None:
            return found
        region = self._regions.get((position.account, position.region))
        return region.find(position.name) if region is not None else None

    def add(self, stream: Stream) -> None:
        """From now on STREAM is found."""
        self._by_token[stream.token] = stream
        self.region(stream.arn.account, stream.arn.region).streams[stream.name] = stream

    def delete(self, stream: Stream) -> None:
        """Deletion begins; the stream is found for as long as DELETING is to be seen."""
        stream.is_deleted()
        self._by_token.pop(stream.token, None)
        self.region(stream.arn.account, stream.arn.region).find(stream.name)

    def of_account(self, account: str) -> list[Stream]:
        """The streams of an account, in all Regions."""
        with self._lock:
            regions = [region for key, region in list(self._regions.items()) if key[0] == account]
        return [stream for region in regions for stream in region.all()]

    def forget(self, account: str) -> None:
        """The account is wiped: its streams are gone at once, and its clock may begin anew."""
        for stream in self.of_account(account):
            stream.is_deleted()
            stream.state = State("DELETING", 0)
            self._by_token.pop(stream.token, None)
            stream.wake()
        for key in [key for key in list(self._regions) if key[0] == account]:
            self._regions.pop(key, None)

    def trim(self) -> None:
        """Free everything that has expired, streams that are in use left out."""
        for stream in self:
            stream.trim(wait=False)

    def __iter__(self) -> Iterator[Stream]:
        for region in list(self._regions.values()):
            yield from region.all()
