"""How long `lab up` takes once the lab is installed, and how much memory the lab then holds."""

import statistics
import time

import psutil

from lab.aws.instance import Instance, private_state
from lab.aws.runtime import MARK
from lab.machine.ports import ANY_PORT
from lab.machine.processes import marked, this_process

STARTS = 3
"""After a first one, which pays for caches and is left out."""


def resident(instance: Instance) -> dict[str, int]:
    """Resident MiB of each of its processes, by its number."""
    return {
        str(process.pid): process.memory_info().rss // 2**20 for process in marked(MARK, str(instance.state))
    }


def main() -> None:
    """Print the medians."""
    seconds, processor, memory = [], [], dict[str, int]()
    with private_state() as state:
        instance = Instance(state)
        for _ in range(1 + STARTS):
            instance.down()
            began = time.perf_counter()
            known = instance.up(ANY_PORT, owner=this_process())
            seconds.append(time.perf_counter() - began)
            processor.append(sum(psutil.Process(known.pid).cpu_times()[:2]))
            memory = resident(instance)
    told = " + ".join(f"{name} {size}" for name, size in sorted(memory.items()))
    print(
        f"lab up, installed: {statistics.median(seconds[1:]):.1f} s (first {seconds[0]:.1f} s), "
        f"{statistics.median(processor[1:]):.1f} s of a processor in the lab, "
        f"resident afterwards: {told} = {sum(memory.values())} MiB of {psutil.virtual_memory().total >> 20}"
    )


if __name__ == "__main__":
    main()
