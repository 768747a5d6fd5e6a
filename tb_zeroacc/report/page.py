"""The tab's page with all its answers as one file of HTML, which needs no network and no server."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from tb_zeroacc import __version__
from tb_zeroacc.diagnosis.catalogue import RULES
from tb_zeroacc.metrics.effort import NO_EFFORT
from tb_zeroacc.picturing.layers import LAYER_KINDS
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.listing import LARGEST_PAGE
from tb_zeroacc.plugin.plugin import BUNDLE, NO_BUNDLE
from tb_zeroacc.plugin.questions import Content, Question
from tb_zeroacc.plugin.reading import View
from tb_zeroacc.report.card import cards

# Its parts are unpacked by the browser: they are a tenth of what they unpack to.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="zeroacc {version}">
<title>Zero Accuracy</title>
<link rel="icon" href="data:,">
</head>
<body>
<noscript>{cards}</noscript>
<script type="text/plain" id="answers">{answers}</script>
<script type="text/plain" id="page">{page}</script>
<script type="module">
async function unpacked(id) {{
  const packed = atob(document.getElementById(id).textContent);
  const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}}
globalThis.zeroAccuracyAnswers = JSON.parse(await unpacked("answers"));
const page = new Blob([await unpacked("page")], {{type: "text/javascript"}});
document.body.replaceChildren();
(await import(URL.createObjectURL(page))).render();
</script>
</body>
</html>
"""


class Held:
    """One state, read once: what a `Desk` answers from."""

    token = "report"
    effort = NO_EFFORT

    def __init__(self, view: View, places: Sequence[Place]) -> None:
        self._view = view
        self.places = places

    def view(self) -> View:
        """The state."""
        return self._view

    def look(self) -> tuple[View, bool]:
        """The state, which no newer one follows."""
        return self._view, False


def page_of(view: View, places: Sequence[Place]) -> str:
    """A state as one page of HTML.

    Args:
        view: What was read, whole.
        places: Where.
    """
    answers = dict(_answers(view, Desk(Held(view, places))))
    readings = [shown.reading for shown in view.ranked]
    return document(answers, cards(readings))


def document(answers: Mapping[str, Any], without_script: str) -> str:
    """The tab as one page of HTML.

    Args:
        answers: Whatever it may ask for, by its key (`key_of`).
        without_script: HTML for a reader without scripts.
    """
    return PAGE.format(
        version=escape(__version__),
        cards=without_script,
        answers=_packed(json.dumps(answers, separators=(",", ":")).encode("ascii")),
        page=_packed(BUNDLE.read_bytes() if BUNDLE.is_file() else NO_BUNDLE.encode()),
    )


def key_of(question: Question) -> str:
    """The same as `keyOf` in TypeScript: the route and its arguments' values."""
    values = [str(value) for value in question.arguments.values()]
    return json.dumps([question.route, *values], separators=(",", ":"), ensure_ascii=False)


def _answers(view: View, desk: Desk) -> Iterator[tuple[str, Any]]:
    """Every answer that the page may ask for, by its key."""
    for question in _questions(view, desk):
        found = _answer(desk, question)
        if found is not None:
            yield key_of(question), found


def _questions(view: View, desk: Desk) -> Iterator[Question]:
    for offset in range(0, max(1, len(view.ranked)), LARGEST_PAGE):
        yield Question("summaries", {"offset": offset, "limit": LARGEST_PAGE})
    for code in RULES:
        yield Question("rule", {"code": code})
    for name in view.trainings:
        question = Question("run", {"name": name})
        yield question
        training = _answer(desk, question)
        for member, tag in dict.fromkeys(_drawn(training)):
            yield Question("curves", {"run": name, "member": member, "tag": tag})
        for kind in LAYER_KINDS:
            yield Question("layers", {"run": name, "kind": kind})
        yield Question("histograms", {"run": name})


def _drawn(told: Any) -> Iterator[tuple[str, str]]:
    """The curves that stand behind a training's numbers, as (run, tag)."""
    if isinstance(told, Mapping):
        if told.get("tag") is not None and "comparison" in told:
            yield told["run"], told["tag"]
        told = list(told.values())
    if isinstance(told, Sequence) and not isinstance(told, str):
        for each in told:
            yield from _drawn(each)


def _answer(desk: Desk, question: Question) -> Any:
    reply = desk.answer(question)
    if isinstance(reply, Content) and reply.body is not None:
        return json.loads(reply.body)
    return None


def _packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")
