"""The shell that a notebook's cells run in: IPython's own, with what Jupyter's kernel adds to it.

Starting a kernel takes most of a second and needs sockets and threads, which a fork cannot have. So the
cells run without one, and what they may notice of it is given here: the running event loop, figures in the
notebook, an end that ends nothing, `get_ipython().kernel`. The last is ipykernel's own kernel object, made
when a cell asks for it; nobody is connected to it, as in any notebook that is run without a browser.
"""

import asyncio
import builtins
import getpass
import io
import re
from collections.abc import Coroutine
from typing import Any, Final

from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from grader.inside.imports import modules_in
from grader.notebook.keyboard import Nobody

KEPT_OUTPUT: Final = 4_000
"""Characters of a cell's output that are kept, from its end, for the instructor to read."""
MAY_BE_SPECIAL: Final = re.compile(
    r"""[%?] | !(?!=) | ^\s*[,;/]  # %magic, help?, !command, /call
    | >>> | In\ \[ | ^\s*\.\.\.  # a prompt that was copied
    | \A(?!\S) | ^[ \t]+$  # space that IPython takes away
    | [\r\v\f\x1c-\x1e\x85\u2028\u2029]  # ends a line too
    """,
    re.MULTILINE | re.VERBOSE,
)
"""A cell that IPython reads as anything but Python has one of these; most Python has none."""
SIGN_OF_A_LOOP: Final = re.compile(r"async|await|loop|import_module|__import__|exec|eval")
WITHOUT_LOOPS: Final = frozenset(
    {"base64", "bisect", "boto3", "botocore", "collections", "copy", "csv", "dataclasses", "datetime",
     "decimal", "enum", "fractions", "functools", "grader", "hashlib", "heapq", "itertools", "json", "lab",
     "math", "numpy", "operator", "os", "pandas", "pathlib", "random", "re", "statistics", "string", "sys",
     "textwrap", "time", "typing", "uuid"}
)  # fmt: skip
"""Modules whose code never asks for the running event loop."""
USUAL: Final = TransformerManager()


class QuickTransformer(TransformerManager):  # type: ignore[misc]
    """Finds IPython's own syntax in a cell; does not look where there can be none, as that takes a while."""

    def transform_cell(self, cell: str) -> str:
        if MAY_BE_SPECIAL.search(cell) or _steps(self) != _steps(USUAL):
            found: str = super().transform_cell(cell)
            return found
        return cell if cell.endswith("\n") else cell + "\n"


def _steps(manager: TransformerManager) -> list[Any]:
    return [manager.cleanup_transforms, manager.line_transforms, manager.token_transformers]


def may_see_a_loop(cell: str) -> bool:
    """Whether code in it, or in what it imports, could tell that an event loop runs.

    It certainly cannot where it has none of the words, and imports no module but some that leave loops alone.
    """
    if SIGN_OF_A_LOOP.search(cell) or MAY_BE_SPECIAL.search(cell):
        return True
    return any(name not in WITHOUT_LOOPS for name in modules_in(cell))


def _run_at_once(cell: Coroutine[Any, Any, Any]) -> Any:
    """A cell that waits for nothing."""
    try:
        cell.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("the cell waits, and there is no event loop")


class LearnerShell(InteractiveShell):  # type: ignore[misc]  # IPython has no types
    """Runs each cell in one event loop that lasts, as Jupyter does: its tasks go on in later cells.

    It takes a while to make one, so it begins with the first cell that may see it.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _seen = False

    def should_run_async(self, raw_cell: str, **transformed: Any) -> bool:
        self._seen = self._seen or may_see_a_loop(raw_cell)
        running = self._loop is not None and self._loop.is_running()  # a cell within a cell: %%capture
        return not running or bool(super().should_run_async(raw_cell, **transformed))

    def run_in_loop(self, cell: Coroutine[Any, Any, Any]) -> Any:
        if not self._seen:
            return _run_at_once(cell)
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(cell)

    def forget_loop(self) -> None:
        """Before a fork: two processes cannot share one."""
        self._seen = False
        if self._loop is not None:
            asyncio.set_event_loop(None)
            self._loop.close()
            self._loop = None

    def enable_gui(self, gui: str | None = None) -> None:
        """There are no windows; figures are shown in the notebook, whatever is asked for."""

    def ask_exit(self) -> None:
        """`exit` would end a kernel, and the cells after it; here they are run all the same."""

    def __getattr__(self, name: str) -> Any:
        if name != "kernel":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.kernel = kernel_around(self)
        return self.kernel

    parent_header: Final[dict[str, Any]] = {}

    def get_parent(self) -> dict[str, Any]:
        return self.parent_header


LearnerShell.__name__ = "ZMQInteractiveShell"  # as code asks that wants to know whether it is in a notebook


def kernel_around(shell: LearnerShell) -> Any:
    """ipykernel's kernel for use within one process, with this shell as its shell."""
    from ipykernel.inprocess.ipkernel import InProcessKernel

    class Given(LearnerShell):
        @classmethod
        def instance(cls, *_: Any, **__: Any) -> Any:
            return shell

    make: Any = InProcessKernel
    return make(shell_class=Given)


def make_shell() -> LearnerShell:
    # No database of history: it needs a thread, which a fork loses and each cell would start again.
    history = {"enabled": False, "hist_file": ":memory:"}
    # By the second, code finds out that it is in a notebook.
    config = Config(HistoryManager=history, IPKernelApp={"parent_handle": 0})
    shell: LearnerShell = LearnerShell.instance(config=config)
    shell.input_transformer_manager = QuickTransformer()
    shell.loop_runner = shell.run_in_loop
    shell.colors = "nocolor"
    shell.extension_manager.load_extension("storemagic")
    for name in ("autosave", "clear", "edit", "less", "man", "more"):
        shell.magics_manager.register_lazy(name, __name__)
    nobody = Nobody()
    builtins.input = getpass.getpass = nobody.answer
    return shell


def load_ipython_extension(shell: LearnerShell) -> None:
    """The kernel's own magics, once one of them is used."""
    from ipykernel.zmqshell import KernelMagics

    shell.register_magics(KernelMagics)


class Tail(io.TextIOBase):
    """Takes the place of stdout: keeps the end of what is written and counts the rest, however much it is."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self.kept, self.cut = "", 0
        self.buffer = _Bytes(self)

    def write(self, text: str) -> int:
        self.kept += text
        if len(self.kept) > 2 * KEPT_OUTPUT:
            self.cut += len(self.kept) - KEPT_OUTPUT
            self.kept = self.kept[-KEPT_OUTPUT:]
        return len(text)

    def fileno(self) -> int:
        """For programs that the cell starts; what they write there is not kept."""
        return 1

    def text(self) -> str:
        kept = self.kept.encode(errors="replace").decode()
        return f"[{self.cut} characters cut]\n{kept}" if self.cut else kept


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._tail.write(bytes(data).decode(errors="replace"))
        return len(data)
