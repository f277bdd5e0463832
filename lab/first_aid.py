"""What a notebook says below an error that is no mistake in its cell: a lost lab, a kernel that began anew.

An IPython extension, which `lab open` has every kernel load.
"""

import os
import re
from typing import Any

from lab.aws.probe import instance_at
from lab.connection import LOST, NO_ANSWER

EMPTIED = (
    "The lab was started again after this notebook, and is empty. Run the notebook again from its top: "
    "Run > Run All Above Selected Cell."
)
UNKNOWN = (
    "{name} is not known in this kernel. After a restart, or when a cell above was left out, run the cells "
    "above first: Run > Run All Above Selected Cell."
)
A_TEXT = ' If a text is meant, it stands in quotes: "{name}".'


def load_ipython_extension(shell: Any) -> None:
    """Look at every cell that ended in an error."""
    began = _lab()

    def look(result: Any) -> None:
        words = advice(result.error_in_exec, began, getattr(result.info, "raw_cell", None) or "")
        if words:
            print(f"\n{words}")

    shell.events.register("post_run_cell", look)


def advice(error: BaseException | None, began: str | None, cell: str = "") -> str | None:
    """Words for an error of a CELL; BEGAN: which start of the lab answered when the kernel began."""
    if isinstance(error, NameError) and error.name:
        words = UNKNOWN + (A_TEXT if _stands_alone(error.name, cell) else "")
        return words.format(name=error.name)
    if type(error).__module__.partition(".")[0] != "botocore":
        return None
    if type(error).__name__ in NO_ANSWER:
        return LOST if _lab() is None else None
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    gone = code == "ResourceNotFoundException" and began is not None and _lab() not in (None, began)
    return EMPTIED if gone else None


def _stands_alone(name: str, cell: str) -> bool:
    """Whether NAME is a whole value in CELL, or an argument of a call: a text without its quotes is."""
    return re.search(rf"[=(]\s*{re.escape(name)}\s*([),#]|$)", cell, re.MULTILINE) is not None


def _lab() -> str | None:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    told = instance_at(endpoint) if endpoint else None
    return told["instance"] if told else None
