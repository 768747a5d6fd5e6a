"""Planted runs that several tests of metrics share."""

from __future__ import annotations

from typing import Any

from tb_zeroacc.run import Curve, Role
from tests.diagnosis.planted import a_curve

FALLING = [1.04, 0.9, 0.7, 0.5, 0.45, 0.41]


def scores(*values: float, **more: Any) -> Curve:
    return a_curve(values, Role.ACCURACY, **more)
