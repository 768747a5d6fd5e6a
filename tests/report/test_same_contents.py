"""What one format for readers says, the other says, too: text and Markdown, word for word."""

from __future__ import annotations

import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from html import unescape
from itertools import chain
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import Fit, Unrecorded
from tb_zeroacc.report.judged import Judged
from tb_zeroacc.report.markdown import markdown
from tb_zeroacc.report.text import text_of
from tb_zeroacc.run import Role, Run
from tb_zeroacc.verdict import Reading, read
from tests.diagnosis.planted import a_contract, a_curve, a_job, a_run, a_table
from tests.report.verdicts import finding, reading

ARCHIVES = sorted((Path(__file__).parents[1] / "zoo" / "recorded").glob("*.tar.xz"))
FEW = ("further", "scales_and_weights", "sequences")


def rendered(found: Reading) -> str:
    """A training's part of the Markdown, as a reader sees it."""
    page = MarkdownIt("commonmark").enable("table").render(markdown(Judged([found])))
    _, _, own = page.partition("<h2>")
    return unescape(re.sub("<[^>]*>", " ", own))


def words(said: str) -> Counter[str]:
    """Words and numbers, whatever stands between them: `stuck-at-chance` is `Stuck at chance`."""
    return Counter(re.findall(r"[^\W_]+", said.lower()))


def codes(found: Reading) -> Iterator[str]:
    for each in found.diagnosis.findings:
        yield from each.fix.code.splitlines()


def assert_alike(readings: Iterable[Reading]) -> None:
    for found in readings:
        in_text, in_markdown = words(text_of([found], 1_000)), words(rendered(found))
        assert in_text == in_markdown, (
            found.run.name, in_text - in_markdown, in_markdown - in_text,
        )  # fmt: skip
        narrow = text_of([found], 40).splitlines()
        assert all(any(line.endswith(code) for line in narrow) for code in codes(found))


def judged(run: Run) -> Reading:
    return Reading(run, diagnose(run, CATALOGUE, strict=True))


STUCK = a_run(
    a_contract(fit=Fit(epochs=5)), a_curve([2.3] * 5), a_curve([0.1] * 5, Role.ACCURACY),
    a_table("label_counts", {"y": {str(k): 100.0 for k in range(10)}}),
)  # fmt: skip
KNOWN = {
    "a cause": judged(STUCK),
    "causes, symptoms, rivals": reading(finding(Tier.STRONG), finding(Tier.SMELL, rank=2)),
    "notes, and what is not recorded": judged(replace(
        STUCK, notes=("Set by its HParams record: 3 classes.",), sampled=True,
        unrecorded=(Unrecorded("The gradients of `y`", "It has none.", "Give it one.", ()),),
    )),
    "written without us": judged(replace(STUCK, contract=None, tables={}, recorded=False)),
    "one that goes on": judged(replace(STUCK, state="live")),
    "a job": judged(a_job(STUCK, replace(STUCK, curves=()))),
    "a large job": judged(a_job(*[STUCK] * 20)),
    "a rule in preview": Reading(
        STUCK, replace(judged(STUCK).diagnosis, previews=(finding(Tier.STRONG),))
    ),
}  # fmt: skip


@pytest.mark.parametrize("found", KNOWN.values(), ids=KNOWN.keys())
def test_planted_trainings_read_alike(found: Reading) -> None:
    assert_alike([found])


@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(path, id=name, marks=() if name in FEW else pytest.mark.long)
        for path in ARCHIVES
        for name in [path.name.partition(".")[0]]
    ],
)
def test_recorded_trainings_read_alike(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    found = list(chain.from_iterable(read(str(path)) for path in sorted(tmp_path.iterdir())))
    assert found
    assert_alike(found)


def test_code_is_never_broken_into_lines() -> None:
    long = f"model = build({', '.join(f'argument_{n}={n}' for n in range(30))})"
    base = finding(Tier.STRONG)
    told = reading(replace(base, fix=replace(base.fix, code=f"if True:\n    {long}")))
    assert f"     if True:\n         {long}\n" in text_of([told], 40)
    asked = judged(replace(STUCK, contract=None, tables={}, recorded=False, curves=(
        a_curve([2.3] * 5, tag="epoch_loss"),
    )))  # fmt: skip
    line = "     model.fit(..., callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])"
    assert line in text_of([asked], 40).splitlines()
