"""Prices as data: each row once, with a source, and found by its name."""

from decimal import Decimal

import pytest

from lab.rules.prices import PRICES, price


def test_every_row_stands_once_with_unit_and_source() -> None:
    names = [(row.mode, row.dimension) for row in PRICES]
    assert len(set(names)) == len(names)
    assert all(row.unit and row.source and row.dollars > 0 for row in PRICES)


def test_a_price_is_found_by_mode_and_dimension() -> None:
    assert price("provisioned", "writes").dollars == Decimal("0.014")
    assert price("on-demand standard", "extended retention").unit == "GB-month"


def test_a_price_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="no price for on-demand advantage capacity; there are: prov"):
        price("on-demand advantage", "capacity")
