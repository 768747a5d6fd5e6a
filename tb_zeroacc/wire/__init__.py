"""The JSON of verdicts as types, version 1: fields may be added, none is removed or redefined."""

from __future__ import annotations

from typing import Literal, NotRequired, TypeAlias, TypedDict

from tb_zeroacc.wire.evidence import Axis as Axis
from tb_zeroacc.wire.evidence import Evidence as Evidence
from tb_zeroacc.wire.evidence import Histograms as Histograms
from tb_zeroacc.wire.evidence import Picture as Picture
from tb_zeroacc.wire.evidence import Side as Side
from tb_zeroacc.wire.evidence import Value as Value

VERSION: Literal[1] = 1
Outcome: TypeAlias = Literal["learning", "not_learning", "broken", "finished_early", "cannot_tell"]
State: TypeAlias = Literal["live", "ended", "unknown"]
Tier: TypeAlias = Literal["definite", "strong", "smell"]
Status: TypeAlias = Literal["flagged", "passed", "not_applicable", "cannot_tell"]
Holds: TypeAlias = Literal["yes", "no", "cannot_tell"]
Tone: TypeAlias = Literal["bad", "warn", "good", "soft"]


class Mark(TypedDict):
    """What became of something, for the eye: no colour without a sign and words.

    Attributes:
        sign: One character.
        words: `Not learning`, `could not be told`, ...
        tone: Which colour it has.
    """

    sign: str
    words: str
    tone: Tone


class Consequence(TypedDict):
    """A flagged fault that follows from another one.

    Attributes:
        code: `ZA704`.
        name: `stuck-at-chance`.
        title: Its name as a reader would say it: `Stuck at chance`.
        summary: One sentence.
        evidence: The most telling first.
        picture: As for `Finding`.
    """

    code: str
    name: str
    title: str
    summary: str
    evidence: list[Evidence]
    picture: Picture | None


class Fix(TypedDict):
    """What to do.

    Attributes:
        text: One or two sentences.
        code: To copy; in a diff, lines begin with `- `, `+ ` or two blanks.
    """

    text: str
    code: str


class Finding(TypedDict):
    """One cause, with all that follows from it.

    Attributes:
        rank: From 1.
        code: `ZA701`.
        name: `learning-rate-too-high`.
        title: Its name as a reader would say it: `Learning rate too high`.
        tier: How much it promises.
        promise: The same in a sentence.
        summary: One sentence with its number.
        context: One more sentence; may be empty.
        layers: Layers that it is about.
        evidence: The most telling first; no value in it is healthy.
        rules_out: Healthy values that speak against other causes.
        picture: What shows the cause by its shape alone; null where that is the curve of the first
            evidence that has one, or nothing.
        counter_evidence: What speaks against it.
        explains: What follows from it.
        fix: What to do.
        workers: Names of the workers of a job that it is about; empty where it is about all.
    """

    rank: int
    code: str
    name: str
    title: str
    tier: Tier
    promise: str
    summary: str
    context: str
    layers: list[str]
    evidence: list[Evidence]
    rules_out: list[Evidence]
    picture: Picture | None
    counter_evidence: list[Evidence]
    explains: list[Consequence]
    fix: Fix
    workers: list[str]


class Rivals(TypedDict):
    """Causes that this log cannot tell apart, and what would.

    Attributes:
        codes: Of the causes.
        would_separate: One sentence.
    """

    codes: list[str]
    would_separate: str


class Need(TypedDict):
    """Data that a check lacks.

    Attributes:
        what: In a few words.
        how_to_log: The line of code that would log it.
    """

    what: str
    how_to_log: str


class Check(TypedDict):
    """What one rule answered.

    Attributes:
        name: `nan-in-inputs`; absent where the code is not known.
        title: Its name as a reader would say it, or else its code.
        statement: What its line says: what holds where it passed, `Inputs vary`, else its title.
        family: What it looks at, `Inputs`; empty where the code is not known.
        status: The answer; `Training.tally` holds its sign and words.
        reason: What was seen.
        needs: Only for `cannot_tell`.
    """

    name: NotRequired[str]
    title: str
    statement: str
    family: str
    status: Status
    reason: str
    needs: list[Need]


class StepAnswer(TypedDict):
    """One of the six steps in which a training is looked through, as its checks answer it.

    Attributes:
        title: `Data`.
        question: The question of the step; `yes` is the healthy answer.
        answer: `no` where a check found a cause or what follows from one, `cannot_tell` where most
            of its checks could not be made.
        mark: The answer, for the eye.
        summary: How many of its checks could be made: `14 of 16 checks made`.
        flagged: Codes of the checks that are flagged in it, remarks included.
    """

    title: str
    question: str
    answer: Holds
    mark: Mark
    summary: str
    flagged: list[str]


class Tally(TypedDict):
    """How many checks gave one of the four answers.

    Attributes:
        status: The answer.
        mark: Its sign and words.
        count: At least 1.
    """

    status: Status
    mark: Mark
    count: int


class Lacking(TypedDict):
    """What was not logged, by the line of code that would log it.

    Attributes:
        how_to_log: The line.
        what: All that it would log, in words.
        codes: Of the checks that it would let answer.
    """

    how_to_log: str
    what: str
    codes: list[str]


class NoRecording(TypedDict):
    """The checks of a log written without us that only a recording would let answer.

    Attributes:
        codes: Of these checks.
        sentence: One sentence on all of them.
    """

    codes: list[str]
    sentence: str


class Unrecorded(TypedDict):
    """What should be on record and is not.

    Attributes:
        part: What, as the begin of a sentence.
        why: Full sentences.
        remedy: Full sentences on what would help; may be empty.
    """

    part: str
    why: str
    remedy: str


class Setting(TypedDict):
    """Something that a training was set to, as far as it is on record.

    Attributes:
        name: `learning rate`, `layer Dense 2`: the same in every training.
        text: How it reads: `0.001`, `64 units, relu`.
    """

    name: str
    text: str


class Estimate(TypedDict):
    """A moment that is estimated, in seconds since 1970.

    Attributes:
        at: The likeliest one; null where none can be told.
        earliest: Of the likely ones; null without `at`.
        latest: Of the likely ones; null without `at`.
        note: What more there is to say, or why there is none, without a full stop; may be empty.
    """

    at: float | None
    earliest: float | None
    latest: float | None
    note: str


class Progress(TypedDict):
    """How far a training is that still runs.

    Attributes:
        text: `step 20 of 780`; empty where nothing is counted.
        share: Of the whole way, 0 to 1; null where the end is not known.
        end: When it ends at its recent pace.
        convergence: When its loss levels off.
    """

    text: str
    share: float | None
    end: Estimate
    convergence: Estimate


class Worker(TypedDict):
    """One process of a job.

    Attributes:
        name: `worker 3`, `rank 1`, `chief`.
        task: What it is to the others: `worker`, `rank`, `host`, `chief`, `master`, `evaluator`,
            `ps`.
        number: Its number among those of its task; null for the only one.
        members: TensorBoard's runs that it wrote.
        state: Whether it still runs.
        state_text: The same in a word or two, with how it ended: `running`, `silent`, `finished`.
        sessions: How often it was started in this directory.
        steps: Training steps that it took; null where that is not known.
        loss: The last one on record; null where there is none.
        last_time: Of its last record, in seconds since 1970 by its own clock.
        mark: What its own record shows; null of one that does not train.
        cause: What is wrong with it in a few words, or else how it stands; may be empty.
        code: Of that finding; null where there is none.
        codes: Of the job's findings that are about some workers, this one among them.
    """

    name: str
    task: str
    number: int | None
    members: list[str]
    state: State
    state_text: str
    sessions: int
    steps: int | None
    loss: Value | None
    last_time: float | None
    mark: Mark | None
    cause: str
    code: str | None
    codes: list[str]


class Training(TypedDict):
    """One training with its verdict.

    Attributes:
        path: The log directory, as given.
        run: Its name: its directory relative to the log directory.
        members: TensorBoard's runs that belong to it.
        sessions: How often the directory was trained into; the latest is judged.
        state: Whether it still runs.
        progress: How far it is; null of one that is not known to go on.
        sampled: Whether points came through a sampling data provider.
        notes: Sentences on the log itself.
        unrecorded: What should be on record and is not.
        outcome: What became of it.
        mark: The outcome, and whether something is wrong beside it, for the eye.
        severity: From 0, nothing found, to 6, broken; from 3 on it needs a look.
        cause: The main finding in a few words, or else how it stands.
        main: Code of the finding that the headline speaks of; null where there is none.
        headline: One sentence.
        context: One more line; may be empty.
        steps: Training steps taken.
        epochs: Epochs ended.
        first_time: Of the first record, in seconds since 1970.
        last_time: Of the last record.
        findings: Causes, the likeliest first.
        previews: What rules in preview name; it decides nothing.
        rivals: Causes that cannot be told apart.
        checks: Every check by its code.
        tally: How many checks gave which answer, in the order to show them.
        checklist: The six steps of a first look, in their order.
        lacking: What was not logged, the line that tells most first.
        no_recording: What only a recording would tell; null where there is one.
        settings: What is on record of model, loss, optimizer, data and program.
        curve: The loss; its baseline is the threshold.
        glance: A few numbers; `comparison` says on which side of its limit each lies now.
        histograms: How its weights spread over time; null where the log holds no histograms.
        workers: The processes of a job, the first one first; empty of a training by one process.
    """

    path: str
    run: str
    members: list[str]
    sessions: int
    state: State
    progress: Progress | None
    sampled: bool
    notes: list[str]
    unrecorded: list[Unrecorded]
    outcome: Outcome
    mark: Mark
    severity: int
    cause: str
    main: str | None
    headline: str
    context: str
    steps: int | None
    epochs: int | None
    first_time: float | None
    last_time: float | None
    findings: list[Finding]
    previews: list[Finding]
    rivals: list[Rivals]
    checks: dict[str, Check]
    tally: list[Tally]
    checklist: list[StepAnswer]
    lacking: list[Lacking]
    no_recording: NoRecording | None
    settings: list[Setting]
    curve: Evidence | None
    glance: list[Evidence]
    histograms: Histograms | None
    workers: list[Worker]


class Verdicts(TypedDict):
    """What `zeroacc diagnose --format json` prints and `GET runs` answers.

    Attributes:
        version: Of this format: 1.
        tb_zeroacc: Version of the package.
        complete: False while the first reading is under way.
        refreshing: Of the tab alone: whether a newer reading is under way.
        reading: Of the tab alone: counts, from 1, the readings that found something new.
        errors: Of the tab alone: sentences on what could not be read.
        runs: In the order of the log directories, then by name.
    """

    version: Literal[1]
    tb_zeroacc: str
    complete: bool
    refreshing: NotRequired[bool]
    reading: NotRequired[int]
    errors: NotRequired[list[str]]
    runs: list[Training]
