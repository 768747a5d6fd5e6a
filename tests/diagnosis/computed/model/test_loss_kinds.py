"""The kinds of losses."""

from __future__ import annotations

from tb_zeroacc.diagnosis.computed.model.loss_kinds import (
    ABSOLUTE,
    BINARY,
    CLASS_LOSSES,
    CROSS_ENTROPIES,
    REGRESSION,
    SQUARED,
)


def test_a_loss_is_of_classes_or_of_a_regression() -> None:
    assert CLASS_LOSSES >= CROSS_ENTROPIES | BINARY
    assert REGRESSION >= SQUARED | ABSOLUTE
    assert not CLASS_LOSSES & REGRESSION
    assert not SQUARED & ABSOLUTE
