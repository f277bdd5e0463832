"""Where the locked sets are, and the lock that lets one installation at a time into a folder."""

import contextlib
import os
import sys

SETS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
"""The folder of the locked sets."""


def lock_file(name):
    """The file of the locked set NAME."""
    return os.path.join(SETS, name + ".txt")


@contextlib.contextmanager
def locked(folder):
    """One installation at a time in FOLDER; gives the lock's descriptor, for the commands to hold too."""
    import fcntl  # not at the top: Windows has none, and is told so elsewhere

    os.makedirs(folder, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("Waiting for another installation in %s to end ...\n" % folder)
            sys.stderr.flush()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # a network's file system that locks no folders: then without
            pass
        yield descriptor
    finally:
        os.close(descriptor)
