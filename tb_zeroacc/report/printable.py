"""Makes text from logs fit for a terminal: names and texts there are data, never commands."""

from __future__ import annotations

import re

# Control characters, marks that turn the direction of writing, line separators, and halves of
# characters (as undecodable file names have them).
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """The text as one line without anything that a terminal would obey."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)
