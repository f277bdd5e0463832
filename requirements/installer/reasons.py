"""Why a command of the installation failed, in a sentence, from what it wrote."""

import platform
import re
import sys
import time

LINES = 12
"""How much of a command's output is shown when nothing here knows the reason."""
AGAIN = "Nothing is half-installed: run the same command again."
REGISTRY = "the package registry"
PROGRESS = r" *(Downloading|Downloaded|Resolved|Using|Building|Built|Prepared|\+) "

KNOWN = (
    (r"No space left|os error 28|Disk quota|os error 122", "The disk is full: free some space."),
    (
        r"Read-only file system|os error 30|Permission denied|os error 13",
        "A folder can't be written or run from; the last line names it.",
    ),
    (
        r"(?i)certificate",
        "The registry's certificate was not accepted. Either this machine's clock is off (it says {now}), or "
        "a proxy puts in a certificate of its own: then name its file, export SSL_CERT_FILE=/path/to/it.pem.",
    ),
    (
        r"(?i)proxy|tunnel",
        "The proxy did not let it through. Look at the variables HTTPS_PROXY and NO_PROXY, or at proxy in "
        "pip's configuration.",
    ),
    (
        r"(?i)dns error|failed to lookup|name resolution|connect|timed out|unreachable|error sending",
        "There is no connection to {registry}. Check the network, and the proxy settings if there is a "
        "proxy (HTTPS_PROXY).",
    ),
    (
        r"(?i)no usable wheels|no wheels with|source is disabled|no matching distribution|failed to build",
        "A locked package has no ready-made build for this machine (Python {python}, {machine}), nor could "
        "it be built here; the README says where the course runs.",
    ),
    (
        r"(?i)hash mismatch|do not match the hashes",
        "A package that arrived is not the locked one. Clear what is kept (uv cache clean), or look at what "
        "your registry hands out.",
    ),
    (
        r"(?i)there is no version of",
        "The registry does not have a locked version. If it is a mirror, it may be behind: name another one, "
        "as index-url in pip's configuration.",
    ),
)
"""What a command says (the first that fits), and what it means."""


def reason(what, said, registry=REGISTRY):
    """WHAT failed and why, from what its command SAID; its last lines too, never all of them.

    REGISTRY is the place that it was to reach, in words.
    """
    lines = [line.rstrip()[:300] for line in said.splitlines() if line.strip()]
    lines = [line for line in lines if not re.match(PROGRESS, line)]
    words = next((words for pattern, words in KNOWN if re.search(pattern, said)), None)
    if words is None:
        shown = "".join("\n    " + line for line in lines[-LINES:])
        return "%s failed; its last lines say why. %s%s" % (what, AGAIN, shown)
    told = words.format(
        now=time.strftime("%Y-%m-%d %H:%M"),
        python="%d.%d" % sys.version_info[:2],
        machine="%s %s" % (platform.system(), platform.machine()),
        registry=registry,
    )
    return "%s failed. %s %s%s" % (what, told, AGAIN, "".join("\n    " + line for line in lines[-1:]))
