"""pip's settings, said to uv, which reads none of them: a registry, a proxy or a certificate of one's own."""

import os
import re
import subprocess

TOLD = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "proxy": ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"),
    "cert": ("SSL_CERT_FILE",),
}
"""pip's setting: uv's variable, then others that would say the same. What the user has set for uv stays."""


def for_uv(python: str) -> dict:
    """The environment of this process, with the settings of PYTHON's pip in uv's words, for plain lines."""
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR",)}
    environment["NO_COLOR"] = "1"
    settings = from_pip(python)
    for setting, variables in TOLD.items():
        if setting in settings and not any(variable in environment for variable in variables):
            environment[variables[0]] = settings[setting]
    return environment


def from_pip(python: str) -> dict:
    """The settings of PYTHON's pip from its files and variables; none where it has none."""
    command = [python, "-m", "pip", "config", "list"]
    try:
        said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    text = said.stdout.decode("utf-8", "replace")
    # Later lines win, as in pip: a variable (":env:") over a file.
    found = re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", text, re.MULTILINE)
    return dict(found)
