"""How a verdict is told, computed once for all screens.

Tab and command show what is said here and judge nothing themselves.
"""

from tb_zeroacc.telling.checklist import checklist
from tb_zeroacc.telling.limits import healthy_side, healthy_text, limit_text, line_text, value_text
from tb_zeroacc.telling.progress import expected_end, how_far, progress
from tb_zeroacc.telling.settings import fingerprint, settings
from tb_zeroacc.telling.verdicts import (
    PREVIEW,
    PROMISES,
    UNSEEN,
    Rank,
    Severity,
    cause,
    further_findings,
    main_finding,
    mark,
    rank,
    rivals_text,
    severity,
    status,
    tally,
    title,
)
from tb_zeroacc.telling.what_lacks import first_lines, lacking, no_recording
from tb_zeroacc.telling.workers import workers

__all__ = [
    "PREVIEW",
    "PROMISES",
    "UNSEEN",
    "Rank",
    "Severity",
    "cause",
    "checklist",
    "expected_end",
    "fingerprint",
    "first_lines",
    "further_findings",
    "healthy_side",
    "healthy_text",
    "how_far",
    "lacking",
    "limit_text",
    "line_text",
    "main_finding",
    "mark",
    "no_recording",
    "progress",
    "rank",
    "rivals_text",
    "settings",
    "severity",
    "status",
    "tally",
    "title",
    "value_text",
    "workers",
]
