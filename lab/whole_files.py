"""Files that others see whole or not at all."""

import os
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Write TEXT to FILE by way of a temporary name, so that a crash or a reader never meets half of it."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}.new")
    unfinished.write_text(text)
    unfinished.replace(file)
