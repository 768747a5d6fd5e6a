"""ZA804: a worker whose data, loss, gradients or weights differ from its peers'."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.worker_differences import SHARDS, differences
from tb_zeroacc.diagnosis.answers import Answer, CannotTell, Flagged, Missing, Passed, Stage, Tier
from tb_zeroacc.diagnosis.computed.workers.presence import taking_part
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG, CALLBACK
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.wording import count

LOGGED = Missing("statistics of the batches, losses and weights of each worker", CALLBACK)


@rule(
    "ZA804",
    "worker-differs",
    Tier.STRONG,
    Stage.INPUT,
    motif=Motif.NUMBERS,
    healthy="All workers have alike data, losses and weights",
    needs=(A_LOG,),
    explains=(
        "ZA103", "ZA104", "ZA105", "ZA203", "ZA403", "ZA404", "ZA501", "ZA502", "ZA503", "ZA504",
        "ZA505", "ZA506", "ZA508", "ZA509", "ZA703", "ZA704", "ZA706", "ZA709",
    ),
    across_workers=True,
    fix=SHARDS,
)
def worker_differs(context: RunContext) -> Answer:
    """One worker of the job is given other data than its peers, or is not in step with them.

    ## What it means
    Its shard is broken (NaN, zeros), sorted so that it holds one class, read through another
    mount, or prepared otherwise. Or it computes by itself: it began with other weights, or misses
    the reduction of gradients.

    ## Why accuracy suffers
    The gradients of all workers are averaged: what one of them puts in pulls at the weights of all.
    One NaN there is NaN everywhere after one update. Workers out of step train several models, of
    which one is kept.

    ## How it is detected
    A worker is compared with all others; the one that differs most is set aside and the others are
    compared again. Of two workers that differ both are named. Data: NaN or Inf in one alone; class
    shares that differ by a total variation of .4 beyond what chance brings for so many examples, or
    one class alone where its peers' shares give that a chance of exp(-20); a tenth or more of the
    features whose mean differs by a standard deviation, or whose standard deviation differs by a
    factor of 3, with Welch's t above 8 over at least 8 batches each. Loss at the same steps: NaN in
    one alone, or apart by a fifth of the loss at the start and a factor of 1.5, to one side in each
    of 8 blocks of steps. Gradients, where they are recorded before the reduction: all 0 in one
    alone, or norms that differ by a factor of 10 in the same sense. Weights at the same steps,
    which workers in step have equal to rounding (1e-5): apart by 1e-3 in the later half of the
    steps, where they were equal before or take the same updates. Not where each worker trains on
    its own from other weights, and not of one that has not begun the latest session.

    ## How to fix it
    ```python
    dataset = dataset.shuffle(examples, seed=0)  # the same order in every worker
    dataset = dataset.shard(workers, worker)
    ```

    ## Easily confused with
    ZA101 input-not-finite, ZA202 constant-labels: the same fault in all workers; in one alone it
    is named there with its worker, and this rule's finding follows from it. ZA805 straggler: there
    only the time differs.

    ## Sources
    Welch (1947) on two samples of unequal variance; Weissman and others (2003) on the distance of
    class shares; tensorflow.org/tutorials/distribute/input on sharding. Measured on healthy jobs of
    two to eight workers with shards drawn at random: t up to 6.7, means a quarter of a standard
    deviation apart, class shares within chance, losses by .03 of that at the start and a factor of
    1.06, gradient norms by one of 1.07.
    """
    lanes = taking_part(context.run.training_lanes)
    found = differences(lanes)
    if found:
        first = found[0]
        same = [other for other in found if set(other.workers) == set(first.workers)]
        return Flagged(
            summary=first.summary,
            context=" ".join(other.summary for other in found[1:3]),
            evidence=tuple(fact for one in same for fact in one.evidence),
            since=min(first.since, *(other.since for other in same)),
            fix=first.fix,
            workers=first.workers,
        )
    if not any(lane.run.tables or lane.run.main_curve for lane in lanes[1:]):
        return CannotTell("not in the log: more than the record of one worker", (LOGGED,))
    return Passed(f"data, losses and weights of {count(len(lanes), 'worker')} are alike, as far as "
                  "they are on record")  # fmt: skip
