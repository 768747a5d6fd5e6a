"""Verdicts as cards of HTML for a notebook: no script, no frame, no style sheet of their own.

Notebooks show what a cell returns in light and in dark, and some drop style sheets: styles stand
inline, and colours are those of the page but for the accent of an outcome.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from tb_zeroacc import telling, wire
from tb_zeroacc.diagnosis.answers import Evidence
from tb_zeroacc.diagnosis.diagnosis import Finding
from tb_zeroacc.report.judged import name_of
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reading
from tb_zeroacc.wording import count

MOST = 20  # cards at once: a cell is no place for a thousand
# Each has a contrast of 3 to 1 at least on white and on the #111 of dark notebooks (WCAG 1.4.11).
ACCENTS: dict[wire.Tone, str] = {
    "bad": "#d7453d", "warn": "#b7791f", "good": "#2f9e5b", "soft": "#7f868d",
}  # fmt: skip
_FRAME = (
    "border:1px solid rgba(128,128,128,.35);border-left:4px solid {accent};border-radius:4px;"
    "padding:12px 16px;margin:8px 0;max-width:860px;font-family:system-ui,sans-serif;"
    "font-size:14px;line-height:1.45"
)
_HEADLINE = "font-size:17px;font-weight:600;margin:4px 0"
_CODE = (
    "background:rgba(128,128,128,.12);border-radius:4px;padding:8px 12px;margin:6px 0;"
    "overflow-x:auto;font-size:13px;line-height:1.4"
)
_CELL = (
    "padding:2px 16px 2px 0;text-align:{side};vertical-align:top;border:none;background:none;"
    "font-size:inherit"
)
_SPAN = re.compile("`([^`]*)`")


def cards(readings: Sequence[Reading]) -> str:
    """One card a training, the worst first."""
    ranked = sorted(readings, key=lambda each: telling.rank(each.diagnosis, each.run.name))
    shown = "".join("".join(_card(reading)) for reading in ranked[:MOST])
    more = len(ranked) - MOST
    if more <= 0:
        return shown
    return f"{shown}<p>{count(more, 'more training')}, none of them worse.</p>"


def _card(reading: Reading) -> Iterator[str]:
    run, verdict = reading
    mark = telling.mark(verdict)
    accent = ACCENTS[mark["tone"]]
    yield f'<section style="{_FRAME.format(accent=accent)}">'
    yield f'<div><strong style="color:{accent}">{mark["sign"]} {escape(mark["words"])}</strong> '
    yield f'<span style="opacity:.7">{escape(name_of(run))}</span></div>'
    yield f'<div style="{_HEADLINE}">{_text(verdict.headline)}</div>'
    if verdict.context:
        yield f"<div>{_text(verdict.context)}</div>"
    for finding in verdict.findings:
        yield from _finding(finding)
    for rivals in verdict.rivals:
        yield f"<p>{_text(telling.rivals_text(rivals))}</p>"
    yield "</section>"


def _finding(finding: Finding) -> Iterator[str]:
    head = f"<strong>{finding.code}</strong> {escape(telling.title(finding.name))}"
    tier = f'<span style="opacity:.7">{finding.tier.label}</span>'
    yield f'<div style="margin-top:10px">{head} {tier}'
    if finding.rank > 1:
        yield f"<div>{_text(finding.summary)}</div>"
    if finding.evidence:
        yield '<table style="border-collapse:collapse;margin:6px 0"><tbody>'
        yield from map(_row, finding.evidence)
        yield "</tbody></table>"
    yield f"<div><strong>Fix:</strong> {_text(finding.fix.text)}</div>"
    if finding.fix.code:
        yield f'<pre style="{_CODE}">{escape(finding.fix.code)}</pre>'
    if finding.explains:
        symptoms = "".join(
            f"<li>{c.code} {escape(telling.title(c.name))}: {_text(c.summary)}</li>"
            for c in finding.explains
        )
        head = f"It explains {count(len(finding.explains), 'symptom')}"
        yield f"<details><summary>{head}</summary><ul>{symptoms}</ul></details>"
    yield "</div>"


def _row(fact: Evidence) -> str:
    limit = telling.healthy_text(fact)
    texts = ((fact.text, "left"), (telling.value_text(fact), "right"), (limit, "left"))
    cells = (f'<td style="{_CELL.format(side=side)}">{_text(text)}</td>' for text, side in texts)
    return f"<tr>{''.join(cells)}</tr>"


def _text(text: str) -> str:
    """A sentence, in which backticks mark code."""
    return _SPAN.sub(r"<code>\1</code>", escape(printable(text)))
