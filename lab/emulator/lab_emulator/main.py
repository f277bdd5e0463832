"""Starts LocalStack's process, sooner than `python -m localstack.runtime.main` does, which it calls.

Some 1,600 modules are loaded at a start, and nothing of them is ever thrown away. So nothing is looked for
that could be until Kinesis is there (`lab_emulator.life`), and the rules of LocalStack's own pages, which are
off unless a variable that the lab never sets says so, bring no library along.
"""

import gc
import sys

gc.disable()


def main() -> None:
    from lab_emulator import no_schemas

    sys.modules["localstack.aws.handlers.validation"] = no_schemas

    from localstack.runtime.main import main as localstack

    localstack()


if __name__ == "__main__":
    main()
