"""Is there a display, so that a browser that is opened here can be seen?"""

import os
import sys


def has_display() -> bool:
    """Whether to open a browser at all."""
    if sys.platform == "darwin" or "WSL_DISTRO_NAME" in os.environ:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
