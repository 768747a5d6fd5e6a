"""Answers the tab's questions from the last whole reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from tb_zeroacc.errors import MissingPackageError
from tb_zeroacc.plugin.listing import (
    metrics_answer,
    runs_answer,
    several_answer,
    summaries_answer,
)
from tb_zeroacc.plugin.questions import (
    SOON,
    Argument,
    Content,
    Missing,
    Question,
    Reply,
    Route,
    digest,
    quoted,
    serialise,
)

if TYPE_CHECKING:
    from tb_zeroacc.metrics.effort import Effort
    from tb_zeroacc.metrics.exposition import Format
    from tb_zeroacc.places import Place
    from tb_zeroacc.plugin.reading import View
    from tb_zeroacc.plugin.shown_training import ShownTraining
    from tb_zeroacc.wire.evidence import LayerKind


class Views(Protocol):
    """What is read: `BackgroundReading`."""

    @property
    def token(self) -> str:
        """Tells the states of one reading from those of another."""

    @property
    def places(self) -> Sequence[Place]:
        """What is read."""

    @property
    def effort(self) -> Effort:
        """What reading took."""

    def view(self) -> View:
        """The last whole state; at once."""

    def look(self) -> tuple[View, bool]:
        """The same, and whether a newer state is on its way."""


class Desk:
    """Answers from a reading in this process.

    Args:
        reading: What is read; a question has it go on where the last reading is some time ago.
    """

    def __init__(self, reading: Views) -> None:
        self._reading = reading
        self._answers: Mapping[Route, Callable[[Question], Reply]] = MappingProxyType({
            "runs": self._runs,
            "summaries": self._summaries,
            "run": self._run,
            "trainings": self._trainings,
            "rule": self._rule,
            "curves": self._curve,
            "layers": self._layers,
            "histograms": self._histograms,
            "metrics": self._metrics,
        })

    def begin(self) -> None:
        """Has the reading begin where the last one is some time ago."""
        self._reading.view()

    def answer(self, question: Question) -> Reply:
        """The reply to a question, at once."""
        return self._answers[question.route](question)

    def _runs(self, question: Question) -> Reply:
        view, refreshing = self._reading.look()
        state = f"{'' if view.complete else 'p'}{'r' if refreshing else ''}"
        tag = f"{self._reading.token}-{view.number}{state}"
        return _content(question, tag, lambda: runs_answer(view, refreshing=refreshing))

    def _summaries(self, question: Question) -> Reply:
        view, refreshing = self._reading.look()
        offset, limit = _number(question, "offset"), _number(question, "limit")
        reader = self._reading.token
        after = _number(question, "after") if question.arguments.get("reader") == reader else None
        body = summaries_answer(view, self._reading.places, reader, offset, limit, after)
        return _content(question, digest(body), lambda: body, SOON if refreshing else None)

    def _run(self, question: Question) -> Reply:
        shown = self._training(question.arguments["name"])
        if isinstance(shown, Missing):
            return shown
        return _content(question, shown.tag, lambda: shown.whole)

    def _trainings(self, question: Question) -> Reply:
        trainings = self._reading.view().trainings
        names = cast("tuple[str, ...]", question.arguments["names"])
        found = [trainings[name] for name in names if name in trainings]
        tag = digest("".join(shown.tag for shown in found).encode())
        return _content(question, tag, lambda: several_answer(found))

    def _rule(self, question: Question) -> Reply:
        from tb_zeroacc.plugin.rule_pages import rule_json

        code = str(question.arguments["code"])
        found = rule_json(code)
        if found is None:
            return Missing(f"no rule {quoted(code)}")
        body = serialise(found)
        return _content(question, digest(body), lambda: body)

    def _curve(self, question: Question) -> Reply:
        from tb_zeroacc.plugin.pictures import curve_json

        shown = self._training(question.arguments["run"])
        if isinstance(shown, Missing):
            return shown
        member, tag = str(question.arguments["member"]), str(question.arguments["tag"])
        curve = shown.curve(member, tag)
        if curve is None:
            where = f"the run {quoted(member)} of {quoted(shown.name)}"
            return Missing(f"no curve {quoted(tag)} in {where}")
        return _content(question, self._tag(shown), lambda: serialise(curve_json(curve, member)))

    def _layers(self, question: Question) -> Reply:
        from tb_zeroacc.plugin.pictures import layers_json

        shown = self._training(question.arguments["run"])
        if isinstance(shown, Missing):
            return shown
        layers = layers_json(shown.run, cast("LayerKind", question.arguments["kind"]))
        if layers is None:
            log = f"the log of {quoted(shown.name)}"
            return Missing(f"{log} holds no such picture: the callback records it")
        return _content(question, self._tag(shown), lambda: serialise(layers))

    def _histograms(self, question: Question) -> Reply:
        from tb_zeroacc.plugin.histograms import histograms_json

        shown = self._training(question.arguments["run"])
        if isinstance(shown, Missing):
            return shown
        found = histograms_json(shown.run, shown.place.member)
        if found is None:
            return Missing(f"the log of {quoted(shown.name)} holds no histograms")
        return _content(question, self._tag(shown), lambda: serialise(found))

    def _metrics(self, question: Question) -> Reply:
        view, _ = self._reading.look()
        form, most = cast("Format", question.arguments["format"]), _number(question, "runs")
        try:
            body = metrics_answer(view, self._reading.effort, form, most)
        except MissingPackageError as error:
            return Missing(str(error))
        return Content(digest(body), body)

    def _training(self, name: Argument) -> ShownTraining | Missing:
        shown = self._reading.view().trainings.get(str(name))
        return Missing(f"no training named {quoted(str(name))}") if shown is None else shown

    def _tag(self, shown: ShownTraining) -> str:
        """Tells what can be drawn of a training from what could be before it was read anew."""
        return f"{self._reading.token}-{shown.since}"


def _number(question: Question, name: str) -> int:
    return cast("int", question.arguments[name])


def _content(
    question: Question, tag: str, make: Callable[[], bytes], again_in: int | None = None
) -> Content:
    """The answer, made only where the asker does not hold it already."""
    return Content(tag, None if tag in question.held else make(), again_in)
