"""One training as it is shown, under TensorBoard's names; its JSON is made once a reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tb_zeroacc import encoding, telling
from tb_zeroacc.evidence_encoding import json_number
from tb_zeroacc.metrics.figures import Figures, figures_of
from tb_zeroacc.places import Place, wellformed
from tb_zeroacc.plugin.pictures import sparkline
from tb_zeroacc.plugin.questions import digest, serialise
from tb_zeroacc.plugin.responses import NamedCause, Summary
from tb_zeroacc.run import Curve, Run

if TYPE_CHECKING:
    from tb_zeroacc.verdict import Reading

FURTHER = 16  # causes in a line of the list; a training of the zoo has three at most


@dataclass(frozen=True, eq=False)
class ShownTraining:
    """One training under the name that it is shown by.

    What is read anew is another `Shown`; what is not stays the same one, and keeps what was made of
    it for as long.

    Attributes:
        name: Its name, no other training's.
        place: The log directory that holds it.
        reading: What was read, and the verdict on it.
        since: Number of the reading that brought it.
    """

    name: str
    place: Place
    reading: Reading
    since: int

    @property
    def run(self) -> Run:
        """What was read."""
        return self.reading.run

    def curve(self, member: str, tag: str) -> Curve | None:
        """The curve of a tag in one of TensorBoard's runs, named as a browser gives it back."""
        runs = [self.run, *(lane.run for lane in self.run.lanes)]
        for curve in (curve for run in runs for curve in run.curves):
            if curve.tag == tag and wellformed(self.place.member(curve.member)) == member:
                return curve
        return None

    @cached_property
    def severity(self) -> telling.Severity:
        """How badly somebody should look at it."""
        return telling.severity(self.reading.diagnosis)

    @cached_property
    def rank(self) -> telling.Rank:
        """A key that sorts the worst first."""
        return telling.rank(self.reading.diagnosis, self.name)

    @cached_property
    def summary(self) -> bytes:
        """JSON of its line in the list."""
        run, verdict = self.reading
        main = telling.main_finding(verdict)
        further: list[NamedCause] = [
            {"code": finding.code, "title": telling.title(finding.name)}
            for finding in telling.further_findings(verdict)[:FURTHER]
        ]
        row: Summary = {
            "name": self.name,
            "outcome": verdict.outcome.value,
            "mark": telling.mark(verdict),
            "severity": int(self.severity),
            "cause": telling.cause(verdict),
            "code": None if main is None else main.code,
            "further": further,
            "headline": verdict.headline,
            "last_time": run.last_time,
            "live": run.state == "live",
            "workers": len(run.lanes),
            "model": telling.fingerprint(run),
            "sparkline": sparkline(run),
            "baseline": json_number(verdict.curve.threshold) if verdict.curve else None,
            "since": self.since,
        }
        return serialise(row)

    @cached_property
    def figures(self) -> Figures:
        """What its metrics say."""
        return figures_of(self.reading)

    @cached_property
    def whole(self) -> bytes:
        """JSON of all that is said of it."""
        training = encoding.run_json(self.reading)
        return serialise({**_placed(self.place, training), "run": self.name})

    @cached_property
    def tag(self) -> str:
        """Tells `whole` from any other content."""
        return digest(self.whole)


def _placed(place: Place, training: Any) -> dict[str, Any]:
    """A training's JSON with the names that TensorBoard has for the runs of a named place."""
    if not place.name:
        return dict(training)

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        fact = {key: renamed(entry) for key, entry in value.items()}
        if "comparison" in fact and fact["run"]:  # a piece of evidence
            fact["run"] = place.member(fact["run"])
        return fact

    def named(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "members": [place.member(member) for member in found["members"]]}

    whole = named(renamed(training))
    return {**whole, "workers": [named(worker) for worker in training["workers"]]}
