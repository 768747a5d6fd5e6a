"""The JSON of a finding's evidence and of its picture as types; `wire` has the rest."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Value: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
Axis: TypeAlias = Literal["step", "epoch", "unknown"]
Comparison: TypeAlias = Literal["above", "below", "equal"]
Side: TypeAlias = Literal["<=", "<", ">=", "!="]
LayerKind: TypeAlias = Literal["gradients", "dead_units", "saturation", "updates", "classes"]


class Evidence(TypedDict):
    """One fact with its number, and where it can be looked up.

    Attributes:
        run: TensorBoard's run that holds the data; empty where it comes from no single one.
        tag: A scalar tag of that run which shows this very number.
        layer: The layer, variable, feature or output that it is about.
        axis: What `first_step` and `last_step` count.
        first_step: The flagged stretch begins here.
        last_step: The flagged stretch ends here.
        value: The number; null for a fact that is none.
        value_text: The value as it reads, with its unit: `66.1`, `94 %`; empty without one.
        comparison: How the value stands to the threshold.
        threshold: What the value is held against, in the same unit.
        healthy: On which side of the threshold a healthy value lies; null where none is known.
        limit_text: The threshold as it reads: `at most 1`, `at least 0.159`; `finite` where just
            that is asked of the value; empty without one.
        line_text: What a line at the threshold is: `guessing scores 2.3`, or the limit again.
        wrong: Whether the value lies on the wrong side; null where no limit tells.
        stretches: First and last step of each stretch of the tag's curve that lies on the wrong
            side, within the flagged one.
        throughout: Whether the whole curve does.
        rules_out: The cause that a healthy value speaks against, in words; empty for none.
        unit: Empty for pure numbers, `share` for 0 to 1, `nats`, `steps`, ...
        estimated: Whether the number comes from a sample.
        text: What this is, without the number.
    """

    run: str
    tag: str | None
    layer: str | None
    axis: Axis
    first_step: int | None
    last_step: int | None
    value: Value | None
    value_text: str
    comparison: Comparison | None
    threshold: Value | None
    healthy: Side | None
    limit_text: str
    line_text: str
    wrong: bool | None
    stretches: list[list[int]]
    throughout: bool
    rules_out: str
    unit: str
    estimated: bool
    text: str


class Line(TypedDict):
    """A limit, drawn as a line.

    Attributes:
        value: In the unit of what is drawn.
        text: What it is: `at most 10`.
    """

    value: float
    text: str


class Group(TypedDict):
    """The bars of one colour.

    Attributes:
        name: What they are: `labels`, `predictions`; empty where there is but one group.
        values: Aligned with the picture's `names`.
    """

    name: str
    values: list[Value]


class Bars(TypedDict):
    """Bars side by side: which one stands out.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        what: What a bar stands for: `feature`, `class`, `epoch`.
        unit: As for `Evidence`.
        log: Whether heights are drawn by their logarithm.
        top: Where the axis ends, from 0 on, for numbers that go no higher: 1 for shares and
            correlations; null for others, whose axis ends above the bars.
        names: Of the bars, in the order to draw them.
        groups: One, or two to compare.
        wrong: Which of `names` are flagged, by position.
        limit: What the bars are held against; null for nothing.
        left_out: Bars that are not listed.
    """

    kind: Literal["bars"]
    title: str
    what: str
    unit: str
    log: bool
    top: float | None
    names: list[str]
    groups: list[Group]
    wrong: list[int]
    limit: Line | None
    left_out: int


class Range(TypedDict):
    """From where to where something lies.

    Attributes:
        name: What does.
        low: Smallest value.
        high: Largest value.
        middle: Median or mean; null where not known.
        text: The range as it reads: `0 .. 255`.
        wrong: Whether it is flagged.
    """

    name: str
    low: float
    high: float
    middle: float | None
    text: str
    wrong: bool


class Ranges(TypedDict):
    """Ranges below one another on one axis: which one does not fit.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        unit: As for `Evidence`.
        log: Whether they are drawn by their logarithm.
        rows: In the order to draw them.
        low: Healthy values begin here; null where nothing bounds them.
        high: And end here.
        healthy: Both in words; empty where none is known.
        left_out: Rows that are not listed.
    """

    kind: Literal["ranges"]
    title: str
    unit: str
    log: bool
    rows: list[Range]
    low: float | None
    high: float | None
    healthy: str
    left_out: int


class Box(TypedDict):
    """One place that the data pass.

    Attributes:
        name: Of the place.
        text: What comes out there: `0 .. 255`, `10 units, softmax`.
        note: What is remarkable about it; may be empty.
        wrong: Whether it is flagged.
    """

    name: str
    text: str
    note: str
    wrong: bool


class Strip(TypedDict):
    """Places in the order in which the data pass them: at which one they are lost.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        boxes: The places.
    """

    kind: Literal["strip"]
    title: str
    boxes: list[Box]


class Moment(TypedDict):
    """When something happened.

    Attributes:
        step: At which training step.
        place: Of the model: `inputs`, `loss`, ...
        name: Of what: a feature, a layer, a variable; may be empty.
        text: What happened: `4 values`.
        wrong: Whether it is the origin.
    """

    step: int
    place: str
    name: str
    text: str
    wrong: bool


class Timeline(TypedDict):
    """What happened one after the other.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        moments: Ascending.
    """

    kind: Literal["timeline"]
    title: str
    moments: list[Moment]


class Layers(TypedDict):
    """Layers in order against steps; `GET layers` has the values.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        layers: Which statistic.
        flagged: Rows or layers that the finding is about.
        first_step: The flagged stretch begins here; null for the first one.
        last_step: And ends here; null for the last one.
        worse: On which side of their scale flagged values lie.
    """

    kind: Literal["layers"]
    title: str
    layers: LayerKind
    flagged: list[str]
    first_step: int | None
    last_step: int | None
    worse: Literal["high", "low"]


class Panel(TypedDict):
    """Curves on one scale.

    Attributes:
        title: What they show.
        names: What each curve is: `training`, `validation`.
        curves: Each has a tag; a threshold is drawn.
    """

    title: str
    names: list[str]
    curves: list[Evidence]


class Curves(TypedDict):
    """Curves to be seen together; `GET curves` has their points.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        panels: One, or two below one another.
    """

    kind: Literal["curves"]
    title: str
    panels: list[Panel]


class Histograms(TypedDict):
    """How the values of tensors spread over time; `GET histograms` has the bins.

    Attributes:
        kind: Of the picture.
        title: What it shows.
        names: Of the tensors, in order: at most 16.
        flagged: Those of `names` that the finding is about.
        left_out: Tensors that are not listed.
    """

    kind: Literal["histograms"]
    title: str
    names: list[str]
    flagged: list[str]
    left_out: int


Picture: TypeAlias = Bars | Ranges | Strip | Timeline | Layers | Curves | Histograms
