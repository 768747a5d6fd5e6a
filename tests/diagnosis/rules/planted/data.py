"""Planted runs that several tests of data share."""

from __future__ import annotations

from typing import Any

from tests.diagnosis.planted import a_table

NAN = float("nan")


def inputs(*rows: dict[str, Any], steps: list[int] | None = None, counts: float = 32.0) -> Any:
    """One table; each row what differs from a healthy feature."""
    healthy = {"mean": 0.5, "std": 0.3, "min": 0.0, "max": 1.0, "zero_share": 0.49,
               "non_finite_count": 0.0, "count": counts}
    return a_table("inputs", {f"x[{i}]": {**healthy, **row} for i, row in enumerate(rows)},
                   steps=steps or [0, 1, 2, 3])
