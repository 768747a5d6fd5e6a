"""The JSON of the tab's own routes as types; that of verdicts is in `tb_zeroacc.wire`."""

from __future__ import annotations

from typing import Literal, TypedDict

from tb_zeroacc.wire import Axis, Mark, Outcome, Tier, Training, Value
from tb_zeroacc.wire.evidence import LayerKind


class NamedCause(TypedDict):
    """A cause by its name alone.

    Attributes:
        code: `ZA603`.
        title: Its name as a reader would say it: `No nonlinearity`.
    """

    code: str
    title: str


class Summary(TypedDict):
    """One training in a line.

    Attributes:
        name: The training's name, its `run` in `GET runs`.
        outcome: What became of it.
        mark: The outcome, and whether something is wrong beside it, for the eye.
        severity: From 0, nothing found, to 6, broken; from 3 on it needs a look.
        cause: The main finding in a few words, or else how it stands.
        code: Of the main finding; null where there is none.
        further: The findings beside the main one, the likeliest first, at most 16.
        headline: One sentence.
        last_time: Of the last record, in seconds since 1970.
        live: Whether it still runs.
        workers: How many processes of a job are on record; 0 of a training by one process.
        model: The same for trainings of the same model, its outputs and its loss aside; empty where
            none is on record.
        sparkline: The loss (else a reward, or an accuracy) in at most 32 values of three digits;
            empty where there is none.
        baseline: What always guessing scores, in the unit of `sparkline`; null where not known.
        since: The `reading` that brought it. While it stays the same, so does all that is told of
            this training elsewhere, once the first reading is over.
    """

    name: str
    outcome: Outcome
    mark: Mark
    severity: int
    cause: str
    code: str | None
    further: list[NamedCause]
    headline: str
    last_time: float | None
    live: bool
    workers: int
    model: str
    sparkline: list[Value]
    baseline: Value | None
    since: int


class Summaries(TypedDict):
    """What `GET summaries` answers: trainings, the worst first.

    Attributes:
        version: Of this format: 1.
        tb_zeroacc: Version of the package.
        complete: False while the first reading is under way.
        reader: Tells one process that reads from the next: each counts its readings anew.
        reading: Counts, from 1, the readings that found something new; curves may change then.
        errors: Sentences on log directories that could not be read.
        total: How many trainings there are in all; while the first reading is under way, how many
            are read.
        expected: While the first reading is under way, how many trainings there will be, as the
            names of directories tell; null where that is not known, and after it.
        need_a_look: How many of them somebody should look at.
        members: How many of TensorBoard's runs belong to all of them.
        offset: How many trainings come before the first of `summaries`.
        limit: How many `summaries` holds at most.
        first_lines: Code that fills the log directory, to paste.
        summaries: The worst first, the surest cause first among equals, then by name.
        places: Where `summaries` has only what changed: the place of each among all; else null.
    """

    version: Literal[1]
    tb_zeroacc: str
    complete: bool
    reader: str
    reading: int
    errors: list[str]
    total: int
    expected: int | None
    need_a_look: int
    members: int
    offset: int
    limit: int
    first_lines: str
    places: list[int] | None
    summaries: list[Summary]


class TaggedTraining(TypedDict):
    """One of several trainings that were asked for at once.

    Attributes:
        tag: The `ETag` of the same by `GET run`.
        training: What that answers.
    """

    tag: str
    training: Training


class Trainings(TypedDict):
    """What `GET trainings` answers.

    Attributes:
        trainings: Those that there are, in the order asked.
    """

    trainings: list[TaggedTraining]


class RulePage(TypedDict):
    """What `GET rule` answers: what a check looks for, and what to do.

    Attributes:
        code: `ZA704`.
        title: Its name as a reader would say it: `Stuck at chance`.
        strongest: The most that it promises.
        promise: The same in a sentence.
        page: Markdown: paragraphs, headings of the second level, blocks and spans of code.
    """

    code: str
    title: str
    strongest: Tier
    promise: str
    page: str


class CurveData(TypedDict):
    """What `GET curves` answers: one curve.

    Attributes:
        member: TensorBoard's run that holds it.
        tag: Its tag there.
        axis: What `steps` count.
        steps: Ascending.
        values: Aligned with `steps`.
        count: Steps in the log.
        thinned: Whether that is more than are listed.
    """

    member: str
    tag: str
    axis: Axis
    steps: list[int]
    values: list[Value]
    count: int
    thinned: bool


class LayerData(TypedDict):
    """What `GET layers` answers: one statistic of all layers over time.

    Attributes:
        kind: Which statistic.
        unit: As for `Evidence`.
        rows: Layers in order, or variables where layers do not tell them apart.
        layers: The layer of each row; null where it is not known.
        steps: At most 161 samples.
        values: A list of values for each step, aligned with `rows`.
        thinned: Whether there are more samples or rows than are listed.
    """

    kind: LayerKind
    unit: str
    rows: list[str]
    layers: list[str | None]
    steps: list[int]
    values: list[list[Value]]
    thinned: bool


class Column(TypedDict):
    """One histogram.

    Attributes:
        low: Its smallest value; `NaN` where values are not finite.
        high: Its largest value.
        total: How many values there are.
        counts: Of the values in bins of one width from `low` to `high`, rounded to three digits;
            of a single value one bin, of values that are not finite none.
    """

    low: Value
    high: Value
    total: float
    counts: list[float]


class Spread(TypedDict):
    """The histograms of one tensor.

    Attributes:
        member: TensorBoard's run that holds them.
        tag: Their tag there.
        name: The tensor's, as the picture names it.
        columns: Aligned with `steps`; null where none is kept.
    """

    member: str
    tag: str
    name: str
    columns: list[Column | None]


class HistogramData(TypedDict):
    """What `GET histograms` answers: how the weights spread over time.

    Attributes:
        steps: Ascending.
        spreads: One for each of the picture's `names`.
        thinned: Whether the log holds more histograms than are listed.
    """

    steps: list[int]
    spreads: list[Spread]
    thinned: bool
