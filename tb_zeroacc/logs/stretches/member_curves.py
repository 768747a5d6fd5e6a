"""The curves of one directory in one stretch, as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tb_zeroacc.logs.grouping import Part
from tb_zeroacc.run import Axis
from tb_zeroacc.series import Series


@dataclass(frozen=True, slots=True, eq=False)
class MemberCurves:
    """One directory's curves.

    Attributes:
        name: The directory relative to the log directory.
        part: Where it belongs.
        curves: By tag.
        counted: What the steps count where text logs hold the curves; else `unknown`.
        interleaved: By tag how many curves it holds, where these are several.
        same_file: Of an earlier stretch: whether the file that holds it goes on with another one.
    """

    name: str
    part: Part
    curves: Mapping[str, Series]
    counted: Axis = "unknown"
    interleaved: Mapping[str, int] = field(default_factory=dict)
    same_file: bool = False

    @property
    def begun(self) -> float | None:
        """Wall time of the first event, seconds."""
        times = (series.first_time for series in self.curves.values())
        return min((time for time in times if time is not None), default=None)

    @property
    def last(self) -> float | None:
        """Wall time of the last event, seconds."""
        times = (series.last_time for series in self.curves.values())
        return max((time for time in times if time is not None), default=None)
