"""The trainings as a table on a terminal, which stays calm: one row each, drawn anew in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tb_zeroacc import telling
from tb_zeroacc.monitoring.lines import title_of
from tb_zeroacc.report.text import TONES, plain
from tb_zeroacc.wording import count, duration, number

if TYPE_CHECKING:
    from tb_zeroacc.plugin.shown_training import ShownTraining

STATES = {"live": "running", "ended": "ended", "unknown": "silent"}


def table_of(ranked: Sequence[ShownTraining], now: float, most: int, width: int) -> Table:
    """The table.

    Args:
        ranked: The trainings, the worst first.
        now: Seconds since 1970.
        most: Rows at most.
        width: Characters of a row.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False, width=width)
    for title, style in (
        ("run", {"max_width": 32, "overflow": "ellipsis"}), ("state", {}), ("step", {}),
        ("rate", {"justify": "right"}), ("ETA", {"justify": "right"}),
        ("verdict", {"ratio": 1, "overflow": "ellipsis"}),
    ):  # fmt: skip
        table.add_column(title, no_wrap=True, **style)
    for shown in in_order(ranked)[:most]:
        table.add_row(*_row(shown, now))
    if len(ranked) > most:
        table.add_row(Text(f"and {count(len(ranked) - most, 'run')} more", "dim"))
    return table


def in_order(ranked: Sequence[ShownTraining]) -> list[ShownTraining]:
    """Those that go on first, then those that wrote last."""
    live = [shown for shown in ranked if shown.run.state == "live"]
    others = [shown for shown in ranked if shown.run.state != "live"]
    return live + sorted(others, key=lambda shown: -(shown.run.last_time or 0.0))


def _row(shown: ShownTraining, now: float) -> list[Text]:
    verdict, figures = shown.reading.diagnosis, shown.figures
    mark, main = telling.mark(verdict), telling.main_finding(verdict)
    said = Text(f"{mark['sign']} ", TONES[mark["tone"]])
    if main is not None:
        said.append(f"{main.code} ")
    said.append_text(plain(verdict.headline))
    rate = "" if figures.steps_per_second is None else f"{number(figures.steps_per_second)}/s"
    left = "" if figures.ends_at is None else duration(max(0.0, figures.ends_at - now))
    state, at = STATES[shown.run.state], telling.how_far(shown.run)
    return [plain(title_of(shown)), Text(state), Text(at), Text(rate), Text(left), said]
