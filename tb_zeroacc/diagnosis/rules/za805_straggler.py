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
from tb_zeroacc.diagnosis.computed.workers.in_step import of_one_start
from tb_zeroacc.diagnosis.computed.workers.odd_ones import BLOCKS
from tb_zeroacc.diagnosis.computed.workers.pace import (
    FELT,
    FEWEST,
    OF_A_STEP,
    SLOWER,
    WINDOW,
    Straggler,
    paces_of,
    stragglers,
)
from tb_zeroacc.diagnosis.computed.workers.presence import taking_part
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

EITHER = Fix(
    "Look at this worker alone: how long its batches take to come, which is not on record, and "
    "what else its machine does.",
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
    three tenths of a step, longer for its batches than its peers do (medians). By computing, where
    workers take their steps together: its peers wait as much longer than it does from their
    gradients being there to those of all being summed; who comes last waits least. Where each goes
    at its own pace: its step takes 1.5 times as long as its peers', at least 20 ms longer, its
    quicker quarter of steps is slower than the slower quarter of each peer, and that lasts: of
    eight blocks of windows of 32 steps each is slower than all of a peer, and their mean by five
    standard errors (else nobody can tell it from a machine that others use for a while). Where its
    wait for data is not on record nobody can tell these two apart. Not where most workers are late,
    and only among those in the latest session that were started as often as the first of them.

    ## How to fix it
    ```python
    dataset = dataset.map(prepare, num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.batch(32).prefetch(tf.data.AUTOTUNE)
    ```

    ## Easily confused with
    ZA803 input-bound: there all workers wait for data. ZA802 stalled: there one does not come at
    all.

    ## Sources
    Dean and Barroso, The Tail at Scale (2013). The limits are this rule's own. Measured: two
    workers on two busy cores wait 2 to 4 ms for each other's gradients.
    """
    lanes = of_one_start(taking_part(context.run.training_lanes))
    paces = paces_of(lanes)
    if len(paces) < 2:
        return CannotTell(f"fewer than two workers say in {FEWEST} samples how long a step took")
    late = stragglers(paces)
    if not late and (maybe := stragglers(paces, by_look=True)):
        who = named([one.pace.lane.worker for one in maybe], len(lanes))
        return CannotTell(
            f"{who} took longer for a step, but not steadily over {BLOCKS} times {WINDOW} steps: a "
            "machine that does other work is slow for a while",
            is_suspicion=True,
        )
    if not late:
        steps = [pace.step for pace in paces]
        low, high = (number(1000 * seconds) for seconds in (min(steps), max(steps)))
        return Passed(f"a step takes {low} to {high} ms, and no worker alone waits for data")
    worst = max(late, key=lambda one: one.lost)
    pace = worst.pace
    who = named([one.pace.lane.worker for one in late], len(lanes))
    why, fix = ("data", DATA) if worst.by_data else ("computing", COMPUTING)
    if pace.wait is None:
        why, fix = "data or computing", EITHER
    verb = "holds" if len(late) == 1 else "hold"
    if worst.by_data:
        said = f"{number(pace.wait or 0.0)} s of a step wait for data, in its peers "
        said += f"{number(worst.peers_wait or 0.0)} s"
    elif worst.peers_reduction is not None:
        said = f"its peers wait {number(worst.peers_reduction)} s of a step for its gradients"
    else:
        said = f"a step takes {number(pace.step)} s, in its peers {number(worst.peers)} s"
    taken = steps_taken(pace.lane.run)
    return Flagged(
        summary=f"{who} {verb} the others up ({why}): {said}.",
        context=f"In {count(taken, 'step')} that is about {number(worst.lost * taken)} s.",
        evidence=tuple(_shown(one) for one in late[:SHOWN]),
        since=int(pace.table.steps[0]),
        fix=fix,
        workers=tuple(one.pace.lane.worker.name for one in late),
    )


def _shown(one: Straggler) -> Evidence:
    pace, name = one.pace, one.pace.lane.worker.name
    if one.by_data and pace.wait is not None:
        text, seconds = f"wait for data in {name}, median", pace.wait
        limit = (one.peers_wait or 0.0) + FELT
    elif one.peers_reduction is not None and pace.reduction is not None:
        text, seconds = f"wait of the peers for {name}, median", one.peers_reduction
        limit = pace.reduction + max(FELT, OF_A_STEP * pace.step)
    else:
        text, seconds = f"step of {name}, median", pace.step
        limit = max(SLOWER * one.peers, one.peers + FELT)
    return Evidence.of_table(text, pace.table, seconds, at_most(limit), unit="seconds")
