"""Starts LocalStack's process, sooner than `python -m localstack.runtime.main` does, which it calls.

Some 1,100 modules are loaded at a start, and nothing of them is ever thrown away. So nothing is looked for
that could be until Kinesis is there (`lab_emulator.life`). What LocalStack can do without stays out or waits
until it is used: `put_off`.
"""

import gc
import logging
import os
import sys

gc.disable()
# What LocalStack's log does not tell is not looked up for each line (logging HOWTO, "Optimization").
logging._srcfile = None
logging.logProcesses = logging.logMultiprocessing = logging.logAsyncioTasks = False


def main() -> None:
    from lab_emulator import put_off

    with put_off.hidden():
        put_off.names()
        put_off.handlers()
        put_off.checksums()
        put_off.moto()
        import lab_emulator.server  # noqa: F401 - and with it most of the rest

    from localstack.runtime.main import main as localstack

    try:
        localstack()
    except SystemExit as ended:
        # What was answered had its ten seconds; a thread that answers still would keep the process for ever.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 1)


if __name__ == "__main__":
    main()
