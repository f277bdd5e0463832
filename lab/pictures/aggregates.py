"""A table of the bytes of an aggregated record, field by field (the format: `lab.rules.kpl_format`)."""

from typing import Final

from lab.pictures.tables import Table
from lab.rules.kpl_format import fields

_SHOWN_BYTES: Final = 10
_SHOWN_FIELDS: Final = 16
"""With more fields than this, a table shows the first ones and the MD5."""


def byte_table(data: bytes) -> Table:
    """The fields of an aggregated record, one a row. Raises ValueError for other data."""
    all_fields = fields(data)
    shown = all_fields
    if len(all_fields) > _SHOWN_FIELDS:
        shown = [*all_fields[: _SHOWN_FIELDS - 1], all_fields[-1]]
    rows = [(field.start, len(field.raw), _hex(field.raw), field.meaning) for field in shown]
    left_out = len(all_fields) - len(shown)
    caption = f"An aggregated record, {len(data)} bytes" + (
        f"; {left_out} fields left out" if left_out else ""
    )
    return Table(caption, ("at byte", "bytes", "the bytes", "what it is"), rows)


def _hex(raw: bytes) -> str:
    return raw[:_SHOWN_BYTES].hex(" ") + (" …" if len(raw) > _SHOWN_BYTES else "")
