"""The command `lab`."""

import argparse
import sys

from lab.aws.installer import installer
from lab.errors import LabError
from lab.machine.command_line import parse
from lab.machine.streams import bear_any_encoding

DESCRIPTION = "The local AWS of the course: start it, look at it, stop it, work in it."
EPILOG = (
    "Everything that it writes is in the folder .lab of the project. Installed without a clone: below "
    "~/.local/state/kinesis-lab."
)


def parser() -> argparse.ArgumentParser:
    """The command line of `lab`."""
    top = argparse.ArgumentParser(prog="lab", description=DESCRIPTION, epilog=EPILOG)
    top.add_argument(
        "--state", metavar="DIR", help="the lab of this state folder (default: $LAB_STATE or .lab/run)"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    commands.add_parser("build", help="install the local AWS, without starting it")
    up = commands.add_parser("up", help="start the lab; when it runs already, say where")
    up.add_argument("--port", type=port_number, help="default: 4566, or a free one when that is taken")
    commands.add_parser("down", help="stop the lab; everything in it is gone")
    status = commands.add_parser("status", help="does it run? exit status 0 when it does, else 1")
    status.add_argument("--json", action="store_true", help="for a program to read")
    logs = commands.add_parser("logs", help="what the local AWS wrote")
    logs.add_argument("-n", "--lines", type=int, default=50, metavar="N", help="the last N lines (50)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    commands.add_parser("reset", help="empty it: no stream, bucket or table is left; same address")
    commands.add_parser("env", help='the variables for a shell: eval "$(lab env)"')

    clock = commands.add_parser("clock", help="the time in the lab; +25h, +90m, +7d or +30s moves it forward")
    clock.add_argument("step", nargs="?", metavar="+STEP", help="how far: a number and s, m, h or d")
    clock.add_argument("--account", type=account_number, metavar="ID", help="an AWS account, 12 digits")

    iam = commands.add_parser("iam", help="whether policies decide on calls: on, off, or nothing to look")
    iam.add_argument("enforced", nargs="?", choices=("on", "off"), help="from now on")
    iam.add_argument("--account", type=account_number, metavar="ID", help="an AWS account, 12 digits")

    opening = commands.add_parser("open", help="the lab and JupyterLab, until Ctrl-C")
    opening.add_argument("notebook", nargs="?", help="what to show (default: what was in front last time)")
    opening.add_argument("--teacher", action="store_true", help="show all files, and nbgrader's tools")
    opening.add_argument("--no-browser", action="store_true", help="only print the address")
    opening.add_argument("--port", type=port_number, help="JupyterLab's port (default: 8888 or a free one)")

    playing = commands.add_parser("play", help="the playground: watch records go through a stream")
    playing.add_argument("--no-browser", action="store_true", help="only print the address")
    playing.add_argument("--port", type=port_number, help="the page's port (default: 8080 or a free one)")
    prove = commands.add_parser(
        "prove",
        help="do notebooks still show what they are committed with?",
        description="Run notebooks in a lab of its own and compare every output with the committed one, but "
        "for what differs in each run (sequence numbers, times). Exit status 1 when a cell shows something "
        "else.",
    )
    prove.add_argument("notebooks", nargs="+", metavar="NOTEBOOK", help="files that end in .ipynb")

    run = commands.add_parser(
        "run",
        help="run a command in the lab's environment",
        usage="lab run [--own] [--account ID | --fresh-account] -- COMMAND ...",
        description="Run COMMAND where plain boto3 reaches the lab, and pass its exit status on. The lab is "
        "started for it when it does not run, and then stopped again.",
    )
    run.add_argument("--own", action="store_true", help="in a lab of its own, gone afterwards")
    account = run.add_mutually_exclusive_group()
    account.add_argument("--account", type=account_number, metavar="ID", help="an AWS account, 12 digits")
    account.add_argument("--fresh-account", action="store_true", help="an AWS account nobody has used")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND ...")
    return top


def port_number(text: str) -> int:
    """TEXT as a port that an ordinary user may listen on."""
    if not text.isdecimal() or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: choose a number from 1024 to 65535")
    return int(text)


def account_number(text: str) -> str:
    """TEXT as the number of an AWS account."""
    if len(text) != 12 or not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is no AWS account: that is 12 digits")
    return text


def main(arguments: list[str] | None = None) -> int:
    """Run `lab`; the exit status: 0 done, 1 could not, 2 asked wrongly, 130 interrupted."""
    bear_any_encoding()
    try:
        _check_platform()
        # Not at the top: what the commands need can't even be imported on Windows.
        from lab.commands.actions import perform
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    asked = parser()
    options = parse(asked, arguments)
    if options.command is None:
        asked.print_help()
        return 0
    if options.command == "run":
        options.words = options.words[1:] if options.words[:1] == ["--"] else options.words
        if not options.words:
            asked.error("run needs a command: lab run -- python my_program.py")
    return perform(options)


def _check_platform() -> None:
    install = installer()
    try:
        install.check_platform()
    except install.InstallError as error:
        raise LabError(str(error)) from None


if __name__ == "__main__":
    sys.exit(main())
