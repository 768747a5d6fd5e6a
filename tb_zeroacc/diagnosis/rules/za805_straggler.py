"""ZA805: a worker that holds the others up."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.of_workers import named
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.computed.learning.steps_taken import steps_taken
from tb_zeroacc.diagnosis.computed.workers.pace import FELT, FEWEST, SLOWER, paces_of, stragglers
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import count, number

SHOWN = 4  # workers in the evidence
DATA = Fix(
    "Look at the input pipeline of this worker alone: its disk, its network, its share of the "
    "files. Prepare batches while the model trains.",
    "dataset = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)\n"
    "dataset = dataset.batch(32).prefetch(tf.data.AUTOTUNE)",
)
COMPUTING = Fix(
    "Look at the machine of this worker: what else runs there, its clock rate, its accelerator. "
    "Leave it out, or give it a smaller share of each batch.",
)


@rule(
    "ZA805",
    "straggler",
    Tier.SMELL,
    Stage.INPUT,
    motif=Motif.WORKER_PACES,
    healthy="Workers keep pace with each other",
    needs=(A_LOG,),
    outcome=Outcome.LEARNING,
    across_workers=True,
    fix=DATA,
)
def straggler(context: RunContext) -> Answer:
    """One worker takes longer for a step than its peers, which wait for it.

    ## What it means
    Its data come late, or its machine computes more slowly than the others: a disk or network that
    others use, an accelerator that is throttled, a larger shard.

    ## Why accuracy suffers
    It does not, but workers that train in step are as fast as the slowest of them: in the same time
    the job takes fewer steps, and is often stopped before it is done.

    ## How it is detected
    With at least 10 samples of each worker behind its first. By data: it waits 20 ms or more, and
    three tenths of a step, longer for its batches than its peers do (medians). By computing: its
    step takes 1.5 times as long as its peers', at least 20 ms longer, and its quicker quarter of
    steps is slower than the slower quarter of each peer. Where workers take their steps together
    these take as long in all of them, so that only who waits for data can be told. Not where most
    workers are late.

    ## How to fix it
    ```python
    dataset = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.batch(32).prefetch(tf.data.AUTOTUNE)
    ```

    ## Easily confused with
    ZA803 input-bound: there all workers wait for data. ZA802 stalled: there one does not come at
    all.

    ## Sources
    Dean and Barroso, The Tail at Scale (2013). The limits are this rule's own, measured on two and
    four workers that share two cores.
    """
    lanes = context.run.training_lanes
    paces = paces_of(lanes)
    if len(paces) < 2:
        return CannotTell(f"fewer than two workers say in {FEWEST} samples how long a step took")
    late = stragglers(paces)
    if not late:
        steps = [pace.step for pace in paces]
        low, high = (number(1000 * seconds) for seconds in (min(steps), max(steps)))
        return Passed(f"a step takes {low} to {high} ms, and no worker alone waits for data")
    worst = max(late, key=lambda one: one.lost)
    pace, others = worst.pace, worst.peers
    who = named([one.pace.lane.worker for one in late], len(lanes))
    why = "data" if worst.by_data else "computing"
    verb = "holds" if len(late) == 1 else "hold"
    if worst.by_data:
        said = f"{number(pace.wait or 0.0)} s of a step wait for data"
        theirs = f"{number(worst.peers_wait or 0.0)} s"
    else:
        said, theirs = f"a step takes {number(pace.step)} s", f"{number(others)} s"
    taken = steps_taken(pace.lane.run)
    return Flagged(
        summary=f"{who} {verb} the others up ({why}): {said}, in its peers {theirs}.",
        context=f"In {count(taken, 'step')} that is about {number(worst.lost * taken)} s.",
        evidence=tuple(
            Evidence.of_table(
                f"wait for data in {one.pace.lane.worker.name}, median", one.pace.table,
                one.pace.wait, at_most((one.peers_wait or 0.0) + FELT), unit="seconds",
            )
            if one.by_data and one.pace.wait is not None
            else Evidence.of_table(
                f"step of {one.pace.lane.worker.name}, median", one.pace.table, one.pace.step,
                at_most(max(SLOWER * one.peers, one.peers + FELT)), unit="seconds",
            )
            for one in late[:SHOWN]
        ),
        since=int(pace.table.steps[0]),
        fix=DATA if worst.by_data else COMPUTING,
        workers=tuple(one.pace.lane.worker.name for one in late),
    )  # fmt: skip
