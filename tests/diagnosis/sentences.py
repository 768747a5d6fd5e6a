"""Every sentence that a rule can say, as the table tests have it: `sentences.txt`, to be read.

`python -m tests.diagnosis.sentences` runs those tests and writes the file. Of sentences that differ
in their numbers and names alone the first one stands.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Evidence, Fix, Flagged, Passed
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tests.diagnosis.rules import asking

FILE = Path(__file__).with_name("sentences.txt")
TESTS = [Path(__file__).with_name(name) for name in ("rules", "answering")]
# What is left of a sentence without its numbers, and without names in backticks or quotes.
_PARTICULARS = re.compile(r"`[^`]*`|'[^']*'|[-+]?\d[\d.,e+\- ]*%?")


def collected() -> str:
    """Runs the rules' tests here; the sentences that came up.

    Raises:
        RuntimeError: A test failed.
    """
    asking.TOLD.clear()
    ended = pytest.main(["-q", "-p", "no:xdist", "-p", "no:cacheprovider", *map(str, TESTS)])
    if ended != pytest.ExitCode.OK:
        raise RuntimeError("the tests of the rules do not pass")
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for rule in CATALOGUE:
        seen: set[str] = set()
        yield f"{rule.code} {rule.name}: {rule.cause}"
        answers = [answer for code, answer in asking.TOLD if code == rule.code]
        for answer in sorted(answers, key=lambda answer: _ORDER.index(type(answer).__name__)):
            for line in _told(answer, rule.fix):
                kind = _PARTICULARS.sub("#", line)
                if kind not in seen:
                    seen.add(kind)
                    yield line
        yield ""


_ORDER = ("Flagged", "Passed", "NotApplicable", "CannotTell")


def _told(answer: Answer, fix: Fix) -> Iterator[str]:
    if not isinstance(answer, Flagged):
        word = "passed" if isinstance(answer, Passed) else "not applicable"
        word = "cannot tell" if isinstance(answer, CannotTell) else word
        yield f"    {word}: {answer.reason}"
        return
    yield f"    {answer.summary} {answer.context}".rstrip()
    yield from (_evidence("shown by", fact) for fact in answer.evidence)
    yield from (_evidence("against it", fact) for fact in answer.counter_evidence)
    yield from (f"        or {code}: {separates}" for code, separates in answer.rivals)
    yield f"        fix: {(answer.fix or fix).text}"


def _evidence(word: str, fact: Evidence) -> str:
    limit = telling.limit_text(fact, telling.healthy_side(fact))
    number = " ".join(filter(None, (telling.value_text(fact), f"({limit})" if limit else "")))
    return f"        {word}: {fact.text}" + (f": {number}" if number else "")


if __name__ == "__main__":
    FILE.write_text(collected(), encoding="utf-8")
    sys.exit(0)
