"""One step of an installation as one line: a bar and the time left in a terminal, its end in a log."""

import os
import re
import selectors
import subprocess
import sys
import time

from .machine import InstallError
from .reasons import REGISTRY, reason

WIDTH = 24
TICK_SECONDS = 0.5
UNITS = {"KiB": 1.0, "MiB": 1024.0, "GiB": 1024.0**2}
RESOLVED, PREPARED = 0.05, 0.9
"""Shares of an installation at which uv knows all files, and has them."""


class Step:
    """A line on stderr for what is installed: `with Step("The course's packages") as step: ...`."""

    def __init__(self, title, out=None):
        self.title = title
        self.out = out or sys.stderr
        self.note = ""
        self._began = time.monotonic()
        self.share = 0.0
        self._from, self._to = 0.0, 1.0
        self._live = self.out.isatty()

    def __enter__(self):
        self._say("%s ... " % self.title)
        return self

    def __exit__(self, kind, _error, _trace):
        seconds = time.monotonic() - self._began
        words = "stopped" if kind else "done in %.0f s" % seconds
        if self._live:
            self._say("\r\033[K%s ... " % self.title)
        self._say("%s%s\n" % (words, "" if kind or not self.note else " (%s)" % self.note))

    def part(self, begin, end):
        """What comes now is the part of the whole from share BEGIN to share END."""
        self._from, self._to = begin, end
        self.reached(0.0)

    def reached(self, share):
        """SHARE of the present part is done (0 to 1); it never goes back."""
        self.share = max(self.share, self._from + share * (self._to - self._from))
        self.tick()

    def tick(self):
        """Show the time that has gone by; in a log nothing is shown before the end."""
        if not self._live:
            return
        gone = time.monotonic() - self._began
        filled = int(self.share * WIDTH)
        left = ""
        if self.share > RESOLVED and gone > 1:
            left = "about %.0f s left" % max(1.0, gone / self.share - gone)
        shown = "%s [%s%s] %3.0f %%  %s" % (
            self.title,
            "#" * filled,
            "." * (WIDTH - filled),
            100 * self.share,
            left,
        )
        self._say("\r\033[K" + shown[: max(20, columns() - 1)])

    def run(self, command, what, lock=None, environment=None, registry=REGISTRY):
        """Run COMMAND, whose lines move the bar; raises InstallError with its reason when it fails.

        LOCK is a file descriptor that the command keeps open, so that what it guards stays guarded until
        the command has ended, also when this process is killed. REGISTRY is where it gets its files.
        """
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=() if lock is None else (lock,),
                env=environment,
            )
        except OSError as error:
            raise InstallError(
                "%s failed: %s could not be started (%s)." % (what, command[0], error.strerror)
            ) from None
        try:
            said = self._follow(process)
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if code:
            raise InstallError(reason(what, said, registry))

    def _follow(self, process):
        """All that PROCESS says, until it ends."""
        said, downloads = b"", Downloads()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while True:
                if not waiting.select(TICK_SECONDS):
                    self.tick()
                    continue
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    break
                said += piece
                self.reached(downloads.share(said.decode("utf-8", "replace")))
        process.stdout.close()
        self.note = downloads.note or self.note
        return said.decode("utf-8", "replace")

    def _say(self, text):
        self.out.write(text)
        self.out.flush()


class Downloads:
    """How far uv is, from the lines that it writes into a pipe."""

    note = ""

    def share(self, said):
        """The share (0 to 1) that is done when uv has SAID this."""
        found = re.search(r"^Installed (\d+) packages?", said, re.MULTILINE)
        if found:
            self.note = "%s packages" % found.group(1)
            return 1.0
        if re.search(r"^Prepared \d+", said, re.MULTILINE):
            return PREPARED
        if not re.search(r"^Resolved \d+", said, re.MULTILINE):
            return 0.0
        sizes = {
            name: float(size) * UNITS[unit]
            for name, size, unit in re.findall(
                r"^Downloading (\S+) \(([\d.]+)(KiB|MiB|GiB)\)", said, re.MULTILINE
            )
        }
        done = sum(sizes.get(name, 0.0) for name in re.findall(r"^ +Downloaded (\S+)", said, re.MULTILINE))
        total = sum(sizes.values())
        return RESOLVED + (PREPARED - RESOLVED) * (done / total if total else 0.0)


def columns():
    """The width of the terminal."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
