"""ZA002: a directory that was trained into several times."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.earlier_stretches import (
    faulty,
    member_of,
    stretches_counted,
    stretches_shown,
    which_one,
    without_fault,
    worst_of,
)
from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count


@rule(
    "ZA002",
    "several-trainings-in-one-directory",
    Tier.SMELL,
    Stage.LOSS,
    motif=Motif.NUMBERS,
    healthy="The directory holds one training",
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    fix=Fix(
        "Give each training a directory of its own.",
        'log_dir = f"runs/{datetime.now():%Y%m%d-%H%M%S}"  # from datetime import datetime',
    ),
)
def several_trainings_in_one_directory(context: RunContext) -> Answer:
    """The directory holds several trainings, and an earlier one failed, or two overlap.

    ## What it means
    Several programs, or one that was started several times, wrote the same curves into one
    directory, each into a file of its own. TensorBoard draws all of them as one line. The verdict
    is on the latest training alone; this finding says what the earlier ones show.

    ## Why accuracy suffers
    It need not. But a line that is drawn through several trainings means nothing, and a failure
    that only the last start hides is easily overlooked.

    ## How it is detected
    A file whose steps begin anew, where those of the file before it began, is another training; one
    whose steps go on, or go back by less than half, was resumed and is the same. An earlier one is
    judged by its curves as any other, if its main curve (loss, reward or accuracy) has at least 8
    points. One with less than .6 of the points of the longest was given up early, and one that
    begins at the level at which the one before it ended trained that model further: these are
    judged as a run that goes on, by what cannot turn any more, such as NaN.

    Flagged where one of them did not learn, the worst heading the finding, or where two were
    written at the same time for more than half of the shorter one. The curves of the first and the
    latest 19 are kept; all are counted. Trainings one behind the other without a fault are no
    finding.

    ## How to fix it
    ```python
    from datetime import datetime

    log_dir = f"runs/{datetime.now():%Y%m%d-%H%M%S}"
    ```
    Delete files of attempts that failed, or move them to a directory of their own.

    ## Easily confused with
    ZA004 mixed-step-axes: there one file holds several trainings, such as the seeds or folds of a
    loop. A resumed training: its steps go on.

    ## Sources
    tensorflow.org/tensorboard/get_started (a directory for each run). Measured with the first parts
    of labelled logs as earlier trainings (`python -m tests.corpus stretches`): at no tenth of their
    length is one of 80 healthy logs said to have failed; of 23 failing ones 18 are, whole.
    """
    run, earlier = context.run, context.run.earlier
    if run.recorded:
        sessions = count(run.sessions, "session")
        return Passed(f"the recorder's start records tell sessions apart: {sessions}")
    if not earlier.trainings:
        return Passed("no file begins its steps where an earlier file began them")
    judged = [one for one in context.earlier if not one.stretch.same_file]
    overlapping = sum(stretch.overlaps for stretch in earlier.stretches)
    bad, held = faulty(judged), f"This directory holds {count(earlier.trainings + 1, 'training')}"
    if not bad and not overlapping:
        return Passed(f"{held}, one behind the other. {without_fault(judged)}")
    return Flagged(
        summary=f"{held}{worst_of(bad) if bad else ', some of them written at the same time.'}",
        context=which_one(bad, judged) if bad else "The verdict is on the one that began last.",
        evidence=(
            *stretches_counted("trainings", earlier.trainings + 1, judged, run),
            *((_overlaps(overlapping, run),) if overlapping else ()),
            *stretches_shown(bad),
        ),
    )


def _overlaps(times: int, run: Run) -> Evidence:
    return Evidence.of_number(
        "trainings that began while another was written", times, at_most(0), unit="trainings",
        member=member_of(run),
    )  # fmt: skip
