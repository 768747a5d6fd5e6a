"""How many steps a training took, and which of its epochs count."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.computed.learning.steps_taken import counted_epochs, steps_taken
from tb_zeroacc.facts import End, Epoch
from tb_zeroacc.run import Table
from tests.diagnosis.planted import a_run, a_table

SAMPLED = a_table("loss", {"loss": {"loss": [2.3, 2.2]}}, steps=[0, 7], epochs=[0, 0])
VALIDATED = a_table("validation_labels", {"y": {"mean": 0.5}}, steps=[0])


@pytest.mark.parametrize(
    ("epochs", "end", "tables", "steps"),
    [
        ((), None, (), 0),
        ((Epoch(0, 5, 5),), None, (), 5),
        ((Epoch(0, 5, 5),), End("stopped", 6), (), 6),
        ((Epoch(0, 5, 5),), End("exception", None), (SAMPLED,), 8),
    ],
)
def test_whatever_tells_most_steps(
    epochs: tuple[Epoch, ...], end: End | None, tables: tuple[Table, ...], steps: int
) -> None:
    assert steps_taken(a_run(*tables, epochs=epochs, end=end)) == steps


def logged(*losses: float) -> tuple[Epoch, ...]:
    return tuple(Epoch(k, 0, 0, logs={"loss": loss}) for k, loss in enumerate(losses))


@pytest.mark.parametrize(
    ("epochs", "tables", "batches"),
    [
        ((Epoch(0, 5, 5), Epoch(1, 10, 5)), (), [5, 5]),
        ((Epoch(0, 5, 5), Epoch(1, 7, 2, cut_short=True)), (), [5]),
        ((Epoch(0, 5, 5), Epoch(1, 5, None)), (), [5]),
        ((Epoch(0, 0, 0),), (), [0]),
        ((Epoch(0, 0, 0),), (VALIDATED,), [0]),  # validation takes no step
        ((Epoch(0, 0, 0),), (SAMPLED,), []),  # a sample shows that there were batches
        (logged(0.0, 0.0), (), [0, 0]),
        (logged(0.9, 0.8), (), []),  # a loss that changes shows it, too
    ],
)
def test_epochs_that_count(
    epochs: tuple[Epoch, ...], tables: tuple[Table, ...], batches: list[int]
) -> None:
    run = a_run(*tables, epochs=epochs)
    assert [epoch.batches for epoch in counted_epochs(run)] == batches
