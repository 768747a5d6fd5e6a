"""What a rule says of a job: its answers about the single workers, as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tb_zeroacc.diagnosis.answers import Answer, Flagged, Tier
from tb_zeroacc.workers import Worker

NAMED = 3  # workers in a sentence


def named(workers: Sequence[Worker], many: int) -> str:
    """Some workers as the begin of a sentence: `Worker 3`, `Workers 1 and 3`, `5 of 8 workers`.

    Args:
        workers: At least one.
        many: How many there are in all.
    """
    if len(workers) > NAMED:
        return f"{len(workers)} of {many} workers"
    tasks = {worker.task for worker in workers}
    if len(workers) > 1 and len(tasks) == 1 and all(w.number is not None for w in workers):
        task = f"{tasks.pop().capitalize()}s"
        *most, last = (str(worker.number) for worker in workers)
        return f"{task} {', '.join(most)} and {last}"
    *most, last = (worker.name for worker in workers)
    said = f"{', '.join(most)} and {last}" if most else last
    return f"{said[0].upper()}{said[1:]}"


def merged(
    given: Mapping[Worker, Mapping[str, Answer]], tiers: Mapping[str, Tier]
) -> dict[str, Answer]:
    """The answers about a job, by code.

    A fault of some workers alone names them. What is often harmless counts only where the first
    one has it: of many workers one always has something.

    Args:
        given: The answers about each worker, the first one first.
        tiers: The strongest tier of each rule.
    """
    first = next(iter(given.values()))
    return {
        code: _one({worker: answers[code] for worker, answers in given.items()}, tier)
        for code, tier in tiers.items()
        if code in first
    }


def _one(answers: Mapping[Worker, Answer], tier: Tier) -> Answer:
    flagged = {worker: found for worker, found in answers.items() if isinstance(found, Flagged)}
    first = next(iter(answers.values()))
    sure = {w: found for w, found in flagged.items() if min(found.tier or tier, tier) > Tier.SMELL}
    if isinstance(first, Flagged) and len(flagged) == len(answers):
        return first  # as all have it
    if not sure:
        return first
    worst = max(sure.values(), key=lambda found: (found.tier or tier, -found.since))
    having = tuple(sure)
    alone = " alone" if len(having) == 1 else ""
    return replace(
        worst,
        summary=f"{named(having, len(answers))}{alone}: {worst.summary}",
        workers=tuple(worker.name for worker in having),
    )
