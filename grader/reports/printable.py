"""Words that come from learners, made safe to show: no character in them is obeyed by what shows them."""

KEPT = "\n\t"


def printable(text: str) -> str:
    """`text` with every control and invisible character (escapes, overrides of direction) shown as �."""
    return "".join(char if char.isprintable() or char in KEPT else "�" for char in text)


def duration(seconds: float) -> str:
    """A span of time in words, to its two largest units: "2 h 5 min", "3 d", "40 s"."""
    left = round(seconds)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"
