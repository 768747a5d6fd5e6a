"""In which respect workers of a job differ from their peers, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tb_zeroacc.diagnosis.answering.of_workers import named
from tb_zeroacc.diagnosis.answers import Evidence, Fix, Limit, at_least, at_most, below
from tb_zeroacc.diagnosis.computed.workers.in_step import (
    APART,
    GRADIENT_RATIO,
    LOSS_RATIO,
    Level,
    broken_losses,
    gradient_norms,
    gradients_apart,
    loss_curve,
    loss_levels,
    losses_apart,
    of_one_start,
    weights_apart,
)
from tb_zeroacc.diagnosis.computed.workers.shards import (
    OTHER_CLASSES,
    SOME,
    Classes,
    Shard,
    classes_of,
    moved,
    not_finite,
    other_classes,
    shards_of,
    share_moved,
)
from tb_zeroacc.run import Lane
from tb_zeroacc.wording import number, percent

SHOWN = 3  # workers in the evidence
SHARDS = Fix(
    "Shuffle the data before they are sharded, and look at what this worker reads: its files, its "
    "mount, its preprocessing.",
    "dataset = dataset.shuffle(examples, seed=0)  # the same order in every worker\n"
    "dataset = dataset.shard(workers, worker)",
)
IN_STEP = Fix(
    "Have every worker begin with the weights of the first one, and apply the same reduced "
    "gradients.",
    "gradients = tf.distribute.get_replica_context().all_reduce('MEAN', gradients)",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One respect in which workers differ.

    Attributes:
        lanes: Who differs; of two workers both, where nothing says which of them is the odd one.
        summary: One sentence.
        evidence: What shows it.
        fix: What to do.
        since: Training step at which it begins.
    """

    lanes: Sequence[Lane]
    summary: str
    evidence: tuple[Evidence, ...]
    fix: Fix
    since: int = 0

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of those who differ."""
        return tuple(lane.worker.name for lane in self.lanes)


def differences(lanes: Sequence[Lane]) -> list[Difference]:
    """All respects in which workers differ, causes before consequences: data, loss, weights."""
    found = [*_not_finite(lanes), *_classes(lanes), *_moved(lanes)]
    together = of_one_start(lanes)
    return [*found, *_losses(together), *_gradients(together), *_weights(together)]


def _who(odd: Sequence[Lane], lanes: Sequence[Lane]) -> str:
    return named([lane.worker for lane in odd], len(lanes))


def _unlike(odd: Sequence[Lane], lanes: Sequence[Lane], what: str, how: str = "") -> str:
    """`Worker 3 is unlike its peers: <what>`, where it is known who is."""
    if _are_all(odd, lanes):
        return f"{_who(odd, lanes)} differ from each other in {what}{how and ': '}{how}."
    verb = "differs from its" if len(odd) == 1 else "differ from their"
    return f"{_who(odd, lanes)} {verb} peers in {what}{how and ': '}{how}."


def _are_all(odd: Sequence[Lane], lanes: Sequence[Lane]) -> bool:
    return 2 * len(odd) > len(lanes)


# --- data ---------------------------------------------------------------------------------------


def _not_finite(lanes: Sequence[Lane]) -> Iterator[Difference]:
    for kind in ("inputs", "labels"):
        odd = not_finite(lanes, kind)
        if not odd:
            continue
        bad = [np.nansum(s.table.column("non_finite_count"), axis=1) for s in odd]
        evidence = tuple(
            Evidence.of_table(
                f"NaN and Inf among the {kind} of {shard.lane.worker.name}", shard.table,
                float(counts.sum()), at_most(0.0), unit="values",
            )
            for shard, counts in zip(odd[:SHOWN], bad, strict=False)
        )  # fmt: skip
        since = min(int(s.table.steps[np.argmax(c > 0)]) for s, c in zip(odd, bad, strict=True))
        said = "theirs hold NaN or Inf" if len(odd) > 1 else "they hold NaN or Inf"
        who = [shard.lane for shard in odd]
        yield Difference(who, _unlike(who, lanes, f"their {kind}" if len(who) > 1 else
                         f"its {kind}", said), evidence, SHARDS, since)  # fmt: skip


def _classes(lanes: Sequence[Lane]) -> Iterator[Difference]:
    known = classes_of(lanes)
    odd = other_classes(lanes)
    if len(odd) == 2 == len(known):  # one class is odd beside several
        one = [classes for classes in odd if len(classes.shares) == 1]
        odd = one if len(one) == 1 else odd
    if not odd:
        return
    others = [classes for classes in known if not any(classes is one for one in odd)]
    who = [classes.shard.lane for classes in odd]
    how = "each has other classes"
    if len(odd) == 1:
        most, share = _largest(odd[0])
        theirs = _share_of(most, others)
        how = f"{percent(share)} of its examples are of class {most}, {percent(theirs)} of theirs"
    evidence = tuple(
        _largest_share(one, others or [other for other in known if other is not one])
        for one in odd[:SHOWN]
    )
    yield Difference(who, _unlike(who, lanes, "the labels", how), evidence, SHARDS)


def _largest(classes: Classes) -> tuple[str, float]:
    return max(classes.shares.items(), key=lambda share: share[1])


def _share_of(name: str, some: Sequence[Classes]) -> float:
    return float(np.mean([classes.shares.get(name, 0.0) for classes in some]))


def _largest_share(one: Classes, others: Sequence[Classes]) -> Evidence:
    name, share = _largest(one)
    limit = below(1.0)
    if len(one.shares) > 1:
        limit = at_most(min(1.0, _share_of(name, others) + OTHER_CLASSES))
    return Evidence.of_table(
        f"share of class {name} in {one.shard.lane.worker.name}", one.shard.table, share, limit,
        unit="share",
    )  # fmt: skip


def _moved(lanes: Sequence[Lane]) -> Iterator[Difference]:
    kinds = ["inputs"]
    if not classes_of(lanes):
        kinds.append("labels")
    for kind in kinds:
        odd = moved(lanes, kind)
        if not odd:
            continue
        known = shards_of(lanes, kind, "mean", "std")
        peers = [shard for shard in known if not any(shard.lane is one.lane for one in odd)]
        who = [shard.lane for shard in odd]
        first = odd[0]
        others = peers or [shard for shard in known if shard.lane is not first.lane]
        share = share_moved(first, others)
        where = f" ({percent(share)} of the features)" if len(first.table.rows) > 1 else ""
        yield Difference(
            who,
            _unlike(who, lanes, f"the {kind}", f"{_levels(first, others)}{where}"),
            tuple(_shift(shard, peers or [s for s in known if s.lane is not shard.lane])
                  for shard in odd[:SHOWN]),
            SHARDS,
        )  # fmt: skip


def _levels(shard: Shard, others: Sequence[Shard]) -> str:
    mine = np.nanmedian(np.nanmean(shard.table.column("mean"), axis=0))
    spread = np.nanmedian(np.nanmean(shard.table.column("std"), axis=0))
    their = np.nanmedian([np.nanmean(o.table.column("mean"), axis=0) for o in others])
    theirs = np.nanmedian([np.nanmean(o.table.column("std"), axis=0) for o in others])
    return (
        f"mean {number(float(mine))} and standard deviation {number(float(spread))} instead of "
        f"{number(float(their))} and {number(float(theirs))}"
    )


def _shift(shard: Shard, others: Sequence[Shard]) -> Evidence:
    return Evidence.of_table(
        f"features of {shard.lane.worker.name} that are distributed otherwise", shard.table,
        share_moved(shard, others), at_most(SOME), unit="share",
    )  # fmt: skip


# --- what follows -------------------------------------------------------------------------------


def _losses(lanes: Sequence[Lane]) -> Iterator[Difference]:
    broken = broken_losses(lanes)
    if broken:
        curves = [curve for lane in broken if (curve := loss_curve(lane.run)) is not None]
        since = min(broken.values())
        yield Difference(
            list(broken),
            _unlike(list(broken), lanes, "the loss",
                    f"it is NaN or infinite at step {since}, theirs is not"),
            tuple(
                replace(
                    Evidence.of_curve("steps with a loss of NaN or Inf", curve,
                                      curve.series.non_finite_count, at_most(0.0), unit="steps",
                                      is_drawn=False),
                    tag=curve.tag,
                )
                for curve in curves[:SHOWN]
            ),
            SHARDS,
            since,
        )  # fmt: skip
        return
    levels = loss_levels(lanes)
    odd = losses_apart(levels)
    if not odd:
        return
    who = [level.lane for level in odd]
    mine, theirs = _levels_of(odd, levels)
    evidence = []
    for level in odd[:SHOWN]:
        curve = loss_curve(level.lane.run)
        assert curve is not None
        mean = float(level.values.mean())
        evidence.append(
            Evidence.of_curve(f"loss of {level.lane.worker.name}, mean", curve, mean,
                              _beside(mean, theirs, LOSS_RATIO))
        )  # fmt: skip
    how = f"{number(mine)} on average, against {number(theirs)}"
    yield Difference(who, _unlike(who, lanes, "the loss", how), tuple(evidence), SHARDS)


def _levels_of(odd: Sequence[Level], levels: Sequence[Level]) -> tuple[float, float]:
    """The mean of the first odd one, and that of its peers."""
    first = odd[0]
    peers = [level for level in levels if not any(level is one for one in odd)]
    peers = peers or [level for level in levels if level is not first]
    return float(first.values.mean()), float(np.mean([level.values.mean() for level in peers]))


def _beside(value: float, peers: float, ratio: float) -> Limit:
    """The limit of a number that lies above or below that of its peers."""
    ends = sorted((peers * ratio, peers / ratio))
    return at_most(ends[1]) if value > peers else at_least(ends[0])


def _gradients(lanes: Sequence[Lane]) -> Iterator[Difference]:
    levels = gradient_norms(lanes)
    odd = gradients_apart(levels)
    if not odd:
        return
    who = [level.lane for level in odd]
    mine, theirs = _levels_of(odd, levels)
    evidence = tuple(
        Evidence.of_table(f"gradient norm of {level.lane.worker.name}, mean", table, mean,
                          _beside(mean, theirs, GRADIENT_RATIO))
        for level in odd[:SHOWN]
        for mean in [float(level.values.mean())]
        if (table := level.lane.run.table("loss")) is not None
    )  # fmt: skip
    how = f"a norm of {number(mine)} on average, against {number(theirs)}"
    yield Difference(who, _unlike(who, lanes, "the gradients", how), evidence, SHARDS)


def _weights(lanes: Sequence[Lane]) -> Iterator[Difference]:
    drift = weights_apart(lanes)
    if drift is None:
        return
    how = (
        "they began with other ones and take the same updates"
        if drift.from_the_start
        else f"they drifted apart from step {drift.since} on"
    )
    table = drift.lanes[0].run.table("weights")
    assert table is not None
    text = f"size of `{drift.variable}` against that of the peers, relative difference"
    shown = Evidence.of_table(
        text, table, drift.by, at_most(APART), layer=drift.variable, since=drift.since
    )
    summary = _unlike(drift.lanes, lanes, "the weights", how)
    yield Difference(drift.lanes, summary, (shown,), IN_STEP, drift.since)
