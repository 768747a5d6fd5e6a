"""Verdicts as Markdown, rendered to see what a reader would see."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from tb_zeroacc.diagnosis.answers import Fix, Tier
from tb_zeroacc.report.judged import Judged
from tb_zeroacc.report.markdown import markdown
from tests.diagnosis.planted import a_curve, a_job, a_run
from tests.report.verdicts import HOSTILE, finding, healthy, reading


def rendered(judged: Judged) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(markdown(judged)))


def test_a_table_of_all_then_every_cause() -> None:
    page = rendered(Judged([reading(finding(Tier.STRONG)), healthy()]))
    assert page.count("<tr>") == 3 + 2, "a head and two trainings; a head and one number"
    assert "<h2><code>exp/a</code></h2>" in page
    assert "<h2><code>good</code></h2>" in page, "what its checks came to"
    assert "<h3>1. ZA701 Learning rate too high (strong)</h3>" in page
    assert "The rate is too high for <code>dense</code>." in page
    assert "ZA704 Stuck at chance" in page
    assert "ZA206 and ZA604 cannot be told apart here." in page
    assert '<code class="language-diff">- optimizer=Adam(1.0)' in page


def test_what_could_not_be_read_stands_first() -> None:
    page = rendered(Judged([], ["There is no directory x."]))
    assert "<blockquote>\n<p>There is no directory x.</p>" in page
    assert "<table>" not in page


@pytest.mark.parametrize(
    "name",
    [HOSTILE, "`", "``", "a`b|c", "<b>`<i>``", "[x](javascript:alert(1))", "@everyone #1 ~~x~~"],
)
def test_no_name_is_markup(name: str) -> None:
    page = rendered(Judged([reading(finding(Tier.STRONG, name=name), run=name)], [name]))
    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", page))
    assert tags <= {
        "h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre",
        "strong", "blockquote",
    }  # fmt: skip
    assert page.count("<tr>") == 2 + 2, "no bar ends a row or a cell"
    assert all(row.count("<td") in (0, 3) for row in page.split("<tr>"))


def test_a_fence_is_longer_than_any_in_the_code() -> None:
    base = finding(Tier.STRONG)
    fix = type(base.fix)("Do this.", "x = '''\n```\n<b>\n```\n'''")
    cause = type(base)(
        base.rank, base.code, base.name, base.tier, base.summary, "", (), (), (), fix
    )
    assert "<b>" not in rendered(Judged([reading(cause)]))


LANGUAGES = {
    "python": Fix("Do this.", "x = x / 255"),
    "diff": Fix("Do this.", "- x = y\n+ x = z"),
    "sh": Fix("Do this.", "df -h", is_shell=True),
}


@pytest.mark.parametrize(("language", "fix"), LANGUAGES.items())
def test_code_is_fenced_in_its_language(language: str, fix: Fix) -> None:
    page = rendered(Judged([reading(replace(finding(Tier.STRONG), fix=fix))]))
    assert f'<pre><code class="language-{language}">{fix.code}\n</code></pre>' in page


def test_no_line_of_code_ends_its_fence() -> None:
    fix = Fix("Do this.", "x = 1\r```\r<b>")
    assert "<b>" not in rendered(Judged([reading(replace(finding(Tier.STRONG), fix=fix))]))


def test_a_job_has_a_table_of_its_workers() -> None:
    run = a_run(a_curve([2.0, 1.0]))
    base = reading()
    page = rendered(Judged([base._replace(run=a_job(run, run))]))
    assert "<td>worker 1</td>" in page
