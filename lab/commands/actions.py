"""What each command of `lab` does, and how it tells that it could not."""

import errno
import json
import os
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from lab import clock, iam
from lab.aws import build as emulator
from lab.aws.environment import LEARNER_ACCOUNT, fresh_account, lab_environment
from lab.aws.folders import default_state
from lab.aws.instance import Instance
from lab.aws.running import run_in_lab
from lab.commands.notebooks import is_open, open_notebooks, up
from lab.commands.proving import prove
from lab.control import control_of
from lab.errors import LabError
from lab.machine.interrupts import Ended, raise_on_signals


def perform(options: Namespace) -> int:
    """Run the command that OPTIONS name; its exit status."""
    try:
        raise_on_signals()
        return COMMANDS[options.command](options)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    except Ended as ended:
        print("\nStopped.", file=sys.stderr)
        return 128 + ended.number
    except BrokenPipeError:  # `lab logs | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(_explained(error), file=sys.stderr)
        return 1


def _explained(error: OSError) -> str:
    where = error.filename or "its state folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: {where} could not be written. Free some space and run the command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"The lab can't write {where} ({error.strerror}). Make the folder writable for you, or choose "
            "another one for this lab: lab --state DIR ..."
        )
    return f"{error.strerror or error}: {where}"


def _instance(options: Namespace) -> Instance:
    return Instance(Path(options.state) if options.state else default_state())


def _build(_options: Namespace) -> int:
    built = emulator.build()
    print("The local AWS is installed." if built else "The local AWS is installed already.")
    return 0


def _up(options: Namespace) -> int:
    print(f"The lab is ready at {up(_instance(options), options.port).endpoint}")
    return 0


def _down(options: Namespace) -> int:
    instance = _instance(options)
    stopped = instance.down()
    print("The lab is stopped." if stopped else "The lab was not running.")
    if is_open(instance):
        print("JupyterLab is still open. For its notebooks, start the lab again: lab up")
    return 0


def _status(options: Namespace) -> int:
    instance = _instance(options)
    condition, known = instance.condition(), instance.running
    if options.json:
        said = {"condition": condition, "state": str(instance.state), "log": str(instance.log)}
        about = {"endpoint": known.endpoint, "pid": known.pid, "started": known.started} if known else {}
        print(json.dumps(said | about))
    elif known is None:
        print("The lab is not running. Start it: lab up")
    elif condition == "running":
        print(f"The lab runs at {known.endpoint} (process {known.pid}, since {known.started}).")
    else:
        print(f"The lab (process {known.pid}) does not answer at {known.endpoint}. Replace it: lab up")
    return 0 if condition == "running" else 1


def _logs(options: Namespace) -> int:
    instance = _instance(options)
    if not instance.log.exists():
        raise LabError("There is no log yet: this lab was never started. Start it: lab up")
    for line in instance.log_tail(options.lines):
        print(line)
    if options.follow:
        _follow(instance.log)
    return 0


def _follow(log: Path) -> None:
    position = log.stat().st_size
    while True:
        time.sleep(0.3)
        size = log.stat().st_size if log.exists() else 0
        if size < position:  # begun anew: a restart, or it had become too large
            position = 0
        if size > position:
            with log.open("rb") as lines:
                lines.seek(position)
                new = lines.read(size - position)
            print(new.decode(errors="replace"), end="", flush=True)
            position = size


def _reset(options: Namespace) -> int:
    print(f"The lab is empty again, at {_instance(options).reset().endpoint}")
    return 0


def _env(options: Namespace) -> int:
    instance = _instance(options)
    known = instance.running
    if known is None:
        raise LabError("The lab is not running, so there is nothing to point your shell at. Start it: lab up")
    ours = lab_environment(known.endpoint) | {"LAB_STATE": str(instance.state)}
    for name in sorted(os.environ.keys() - ours.keys()):
        print(f"unset {name}")
    for name in sorted({*lab_environment(known.endpoint, base={}), "LAB_STATE"}):
        print(f"export {name}={shlex.quote(ours[name])}")
    return 0


def _clock(options: Namespace) -> int:
    of = control_of(_instance(options), options.account or LEARNER_ACCOUNT)
    if options.step is not None:
        clock.advance(seconds=clock.step(options.step).total_seconds(), of=of)
    ahead = clock.ahead(of)
    shown = f"{ahead} ahead of this machine" if ahead else "the same as this machine's"
    print(f"The lab's clock (account {of.account}): {clock.now(of):%Y-%m-%d %H:%M:%S} UTC, {shown}.")
    return 0


def _iam(options: Namespace) -> int:
    of = control_of(_instance(options), options.account or LEARNER_ACCOUNT)
    if options.enforced is not None:
        iam.enforce(options.enforced == "on", of)
    shown = "on: policies decide on its calls" if iam.is_enforced(of) else "off: every call is allowed"
    print(f"IAM of account {of.account} is {shown}.")
    return 0


def _open(options: Namespace) -> int:
    return open_notebooks(
        _instance(options),
        options.notebook,
        browser=not options.no_browser,
        port=options.port,
        teacher=options.teacher,
    )


def _play(options: Namespace) -> int:
    from lab.commands.play import play  # asyncio, which only this command needs

    return play(_instance(options), options.port, browser=not options.no_browser)


def _run(options: Namespace) -> int:
    account = fresh_account() if options.fresh_account else options.account or LEARNER_ACCOUNT
    return run_in_lab(_instance(options), options.words, account, own=options.own)


def _prove(options: Namespace) -> int:
    return prove([Path(name) for name in options.notebooks])


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "build": _build,
    "up": _up,
    "down": _down,
    "status": _status,
    "logs": _logs,
    "reset": _reset,
    "env": _env,
    "clock": _clock,
    "iam": _iam,
    "open": _open,
    "play": _play,
    "run": _run,
    "prove": _prove,
}
