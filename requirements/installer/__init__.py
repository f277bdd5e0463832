"""Makes Python environments from the hash-locked sets beside this folder; imports the standard library only.

It runs before anything is installed: `install.py` starts it for the learner's environment, and the lab's
build uses it again. It works on Python 3.8 too, so that a Python too old for the course can say so.
"""

from .environment import install
from .machine import InstallError, check_machine, check_platform
from .step import Step

__all__ = ["InstallError", "Step", "check_machine", "check_platform", "install"]
