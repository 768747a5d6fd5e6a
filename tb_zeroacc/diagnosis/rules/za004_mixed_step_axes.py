"""ZA004: steps that go back, or values that share a step."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.earlier_stretches import (
    faulty,
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
from tb_zeroacc.run import Curve
from tb_zeroacc.wording import count

SHOWN = 5  # curves among the evidence


@rule(
    "ZA004",
    "mixed-step-axes",
    Tier.SMELL,
    Stage.LOSS,
    motif=Motif.NUMBERS,
    healthy="Each tag holds one curve",
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    fix=Fix(
        "Give each seed, fold or data set a directory of its own, or let the steps count on.",
        '- log_dir = "runs/experiment"\n'
        '+ log_dir = f"runs/experiment/seed_{seed}"',
    ),
)
def mixed_step_axes(context: RunContext) -> Answer:
    """One file holds several curves under one tag: its steps begin anew, or it shares each step.

    ## What it means
    A loop over seeds, folds or attempts wrote all of them with one writer, so that the steps go
    back to where they began; or several of them, or training and validation data, wrote the same
    tag at each step. TensorBoard draws one zigzag line. Only the last stretch, and of several
    values at one step the last one, are judged; this finding says what the others show.

    ## Why accuracy suffers
    It need not. But the curve on the screen is not that of any training, and seeds or folds that
    fail stay unseen behind the last one.

    ## How it is detected
    Steps that go back to the first half of those before them begin anew. Every earlier stretch is
    judged by its curves as a training of its own, under the conditions of ZA002: at least 8 points,
    and as a run that goes on if it has less than .6 of the points of the longest one. Flagged where
    one did not learn, the worst heading the finding. The curves of the first and the latest
    19 stretches are kept; all are counted.

    Also flagged: 9 of 10 steps of a loss, accuracy or reward hold the same number of values, 2 to
    16, over at least 8 steps, and values of the same place lie nearer together from step to step
    than neighbours within a step, by a factor of 4. Values that have nothing to do with their place
    have a factor of 1, running means and points written twice one below it.

    No finding: steps that go back by less than half (a resumed training), stretches whose values go
    on (batches that each epoch counts from 0: they are one curve), and stretches without a fault.

    ## How to fix it
    ```python
    writer = SummaryWriter(f"{log_dir}/seed_{seed}")  # one directory for each seed or fold
    writer.add_scalars("loss", {"train": train_loss, "validation": validation_loss}, step)
    ```

    ## Easily confused with
    ZA002 several-trainings-in-one-directory: there each training has a file of its own.

    ## Sources
    pytorch.org/docs/stable/tensorboard (`add_scalar`, `add_scalars`). Lengths are measured as for
    ZA002; the limits for values at one step are this rule's own.
    """
    run, earlier = context.run, context.run.earlier
    judged = [one for one in context.earlier if one.stretch.same_file]
    bad = faulty(judged)
    several = [curve for curve in run.curves if curve.interleaved > 1]
    several = [curve for curve in run.main_curves if curve in several] if several else []
    shared = tuple(_shared(curve) for curve in several[:SHOWN])
    if bad:
        held = earlier.restarts + 1
        return Flagged(
            summary=f"One file holds {count(held, 'stretch')} of rising steps{worst_of(bad)}",
            context=which_one(bad, judged),
            evidence=(
                *stretches_counted("stretches", held, judged, run), *stretches_shown(bad), *shared,
            ),
        )  # fmt: skip
    if several:
        curve = several[0]
        return Flagged(
            summary=f"`{curve.tag}` holds {curve.interleaved} curves that share its steps.",
            context="Each step has a value of each of them, and only the last one is judged.",
            evidence=shared,
        )
    if earlier.restarts:
        times = "once" if earlier.restarts == 1 else f"{earlier.restarts} times"
        return Passed(f"steps began anew {times} within a file. {without_fault(judged)}")
    return Passed("each curve's steps rise, and no step is shared by several curves")


def _shared(curve: Curve) -> Evidence:
    return Evidence.of_curve(
        f"values of `{curve.tag}` at each step", curve, curve.interleaved, at_most(1),
        unit="values", is_drawn=False,
    )  # fmt: skip
