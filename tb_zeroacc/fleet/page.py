"""The summary of a scan as one page of HTML, drawn by the tab's components."""

from __future__ import annotations

from html import escape
from typing import Any

from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.report.page import document
from tb_zeroacc.wire.fleet import Fleet
from tb_zeroacc.wording import count


def page_of(told: Fleet) -> str:
    """The page about a summary, with the pages of the rules that it names."""
    from tb_zeroacc.plugin.rule_pages import rule_json

    named = [cause["code"] for cause in told["causes"] if cause["code"] in RULES]
    answers: dict[str, Any] = {'["fleet"]': told}
    answers.update((f'["rule","{code}"]', rule_json(code)) for code in named)
    return document(answers, _without_script(told))


def _without_script(told: Fleet) -> str:
    """What stands there for a reader without scripts."""
    causes = "".join(
        f"<li>{escape(cause['code'])} {escape(cause['title'])}: "
        f"{count(cause['runs'], 'training')}. {escape(cause['fix']['text'])}</li>"
        for cause in told["causes"]
    )
    return f"<h1>{count(told['trainings'], 'training')}</h1><ol>{causes}</ol>"
