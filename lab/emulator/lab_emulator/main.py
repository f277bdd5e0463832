"""Starts LocalStack's process, sooner than `python -m localstack.runtime.main` does, which it calls.

Some 1,600 modules are loaded at a start, and nothing of them is ever thrown away. So nothing is looked for
that could be until Kinesis is there (`lab_emulator.life`), and libraries that LocalStack can do without, and
the lab never needs, stay out: the rules of LocalStack's own pages, models of such pages, Docker.
"""

import gc
import sys

gc.disable()
UNUSED = ("docker", "pydantic")
"""Libraries that LocalStack uses if they are there. To what imports them later, they are there again."""


def main() -> None:
    sys.modules.update(dict.fromkeys(UNUSED))  # None: it can't be imported
    import localstack.utils.docker_utils
    import rolo.routing.handler  # noqa: F401

    for name in UNUSED:
        del sys.modules[name]

    from lab_emulator import no_schemas

    sys.modules["localstack.aws.handlers.validation"] = no_schemas

    from localstack.runtime.main import main as localstack

    localstack()


if __name__ == "__main__":
    main()
