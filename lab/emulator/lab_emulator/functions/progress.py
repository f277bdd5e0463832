"""How far each mapping has come: by shard, the places whose records its function has done with success."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from lab.rules.sequence_numbers import parse
from lab_emulator.accounts.registry import Account


class Progress:
    """By account, mapping and shard: first and last places of what was done without a gap."""

    def __init__(self) -> None:
        self._done: defaultdict[str, dict[str, dict[str, list[list[int]]]]] = defaultdict(dict)
        self._lock = threading.Lock()

    def note(self, account: str, mapping: str, shard: str, numbers: Sequence[str]) -> None:
        """The function has done the records of these sequence NUMBERS, in order."""
        if not numbers:
            return
        first, last = parse(numbers[0]).place, parse(numbers[-1]).place
        with self._lock:
            runs = self._done[account].setdefault(mapping, {}).setdefault(shard, [])
            if runs and runs[-1][1] == first - 1:
                runs[-1][1] = last
            else:
                runs.append([first, last])

    def told(self, account: Account) -> dict[str, Any]:
        with self._lock:
            return {
                mapping: {shard: [list(run) for run in runs] for shard, runs in shards.items()}
                for mapping, shards in self._done[account.id].items()
            }

    def forget(self, account_id: str) -> None:
        with self._lock:
            self._done.pop(account_id, None)


PROGRESS: Final = Progress()
