"""All benchmarks one after another, or those that are named: python -m benchmarks grading."""

import importlib
import pkgutil
import sys

import benchmarks
from lab.machine.interrupts import Ended, raise_on_signals


def main(names: list[str]) -> int:
    """Run each benchmark's `main`; the exit status."""
    known = sorted(
        one.name for one in pkgutil.iter_modules(benchmarks.__path__) if not one.name.startswith("_")
    )
    if unknown := set(names) - set(known):
        print(
            f"There is no benchmark {', '.join(sorted(unknown))}; there is: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    raise_on_signals()  # whatever ends a benchmark, the labs that it started end with it
    try:
        for name in names or known:
            print(f"{name}:", flush=True)
            importlib.import_module(f"benchmarks.{name}").main()
    except Ended as ended:
        return 128 + ended.number
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
