"""ZA608 train-and-inference-differ."""

from __future__ import annotations

from typing import Any

import pytest

from tb_zeroacc.diagnosis.answers import Answer, CannotTell, NotApplicable, Passed, Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.facts import End, Layer, Shapes, Tensor
from tb_zeroacc.run import Role, Run, Split
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table
from tests.diagnosis.rules.asking import check, flagged

COUNTS = a_table("label_counts", {"y": {str(k): 50.0 for k in range(10)}})
BASE = 2.302585  # ln 10
LEARNS = (COUNTS, a_curve([2.3, 0.02]), a_curve([0.1, 0.99], Role.ACCURACY))
STUCK = (COUNTS, a_curve([2.3, 2.3]), a_curve([0.1, 0.1], Role.ACCURACY))


def held(*losses: float) -> Any:
    return a_curve(losses, Role.LOSS, Split.VALIDATION)


def model(*momenta: float, trainable: bool = True) -> Any:
    layers = [
        Layer(f"norm_{i}", "BatchNormalization", trainable=trainable, settings={"momentum": m})
        for i, m in enumerate(momenta)
    ]
    return a_contract(*layers, Layer("head", "Dense", "softmax", 10, is_output=True))


DROPS = a_contract(
    Layer("drop", "SpatialDropout2D", settings={"rate": 0.5}),
    Layer("head", "Dense", "softmax", 10, is_output=True),
)


def run(steps: int, *parts: Any) -> Run:
    return a_run(*parts, end=End("finished", steps))


def first_epoch(*losses: float, then: float = 0.3) -> Any:
    """Losses of the batches of the first epoch, and of one of the second."""
    values, epochs = [*losses, then], [0] * len(losses) + [1]
    return a_table("loss", {"loss": {"loss": values}}, epochs=epochs)


NEW = first_epoch(2.3, 1.6, 0.9, 0.75, 0.6)  # the last three stand at .75
WEIGHTS = a_table("sample_weights", {"y": {"mean": 1.0}})
CHANCE = held(7.0, 12.0, 4.8)

OWN = a_contract(
    Layer("mine", "Normalised"), Layer("head", "Dense", "softmax", 10, is_output=True)
)


def pairs(
    examples: float, *, shape: tuple[int | None, ...] = (None, 30), learns: bool = False
) -> Run:
    """Batch normalisation that gets so many examples of such a shape."""
    batch = a_table("batch", {"x": {"examples": [examples, 1.0]}})
    scored = (*LEARNS, held(0.1)) if learns else (*STUCK, held(2.3))
    contract = model(0.9)
    return a_run(contract, batch, *scored, end=End("finished", 500),
                 shapes=Shapes(inputs=(Tensor("x", shape, "float32"),)))  # fmt: skip


ZA608: dict[str, tuple[Run, type[Answer] | Tier | None]] = {
    "fifty steps": (run(50, model(0.99), *LEARNS, CHANCE), None),
    "the slowest layer counts": (run(500, model(0.9, 0.9999), *LEARNS, CHANCE), None),
    "weight just above the limit": (run(229, model(0.99), *LEARNS, CHANCE), None),
    "weight just under": (run(230, model(0.99), *LEARNS, CHANCE), Passed),
    "validation at the limit of chance": (
        run(50, model(0.99), *LEARNS, held(3.0, 0.9001 * BASE)), None),
    "validation a little better than chance": (
        run(50, model(0.99), *LEARNS, held(3.0, 0.8999 * BASE)), Tier.SMELL),
    "validation at half of its baseline": (
        run(50, model(0.99), *LEARNS, held(3.0, 0.5001 * BASE)), Tier.SMELL),
    "validation beats its baseline": (
        run(50, model(0.99), *LEARNS, held(3.0, 0.4999 * BASE)), Passed),
    "validation never as good as on new batches": (
        run(50, model(0.99), *LEARNS, NEW, held(1.5, 0.8626, 1.1)), None),
    "validation once nearly so": (
        run(50, model(0.99), *LEARNS, NEW, held(1.5, 0.862, 1.1)), Passed),
    "averages have settled": (
        run(500, model(0.99), *LEARNS, NEW, held(1.5, 0.8626, 1.1)), Tier.SMELL),
    "averages have settled, and validation was good once": (
        run(500, model(0.99), *LEARNS, NEW, held(1.5, 0.862, 1.1)), Passed),
    "dropout alone": (run(50, DROPS, *LEARNS, NEW, held(1.5, 0.8626, 1.1)), Tier.SMELL),
    "dropout alone, and validation was good once": (
        run(50, DROPS, *LEARNS, NEW, held(1.5, 0.862, 1.1)), Passed),
    "dropout alone, and training is stuck": (run(50, DROPS, *STUCK, NEW, CHANCE), Passed),
    "no better than training at its end": (
        run(50, model(0.99), COUNTS, a_curve([2.3, 0.6]), NEW, held(1.5, 0.8626, 1.1)), Passed),
    "the model had been trained before": (
        run(50, model(0.99), *LEARNS, first_epoch(1.1, 0.75, 0.75, 0.75), held(1.5, 1.0)), Passed),
    "two batches an epoch": (
        run(50, model(0.99), *LEARNS, first_epoch(2.3, 0.8), held(1.5, 1.0)), Passed),
    "weights scale the loss of training": (
        run(50, model(0.99), *LEARNS, NEW, WEIGHTS, held(1.5, 1.0)), Passed),
    "training is stuck as well": (run(50, model(0.99), *STUCK, CHANCE), CannotTell),
    "frozen averages": (run(50, model(0.99, trainable=False), *LEARNS, CHANCE), NotApplicable),
    "a layer of one's own": (run(50, OWN, *LEARNS, NEW, held(1.5, 0.8626, 1.1)), Tier.SMELL),
    "a layer of one's own, and validation was good once": (
        run(50, OWN, *LEARNS, NEW, held(1.5, 0.862, 1.1)), Passed),
    "hardly anything but initial values": (
        run(50, model(0.9995), *LEARNS, NEW, held(1.5, 0.3, 0.5)), Tier.SMELL),
    "of a model that may have been trained before": (
        run(50, model(0.999), *LEARNS, NEW, held(1.5, 0.3, 0.5)), Passed),
    "and validation is as good as training": (
        run(50, model(0.9995), *LEARNS, NEW, held(1.5, 0.03)), Passed),
    "vectors of two examples": (pairs(2.0), None),
    "of three": (pairs(3.0), Passed),
    "images of two examples": (pairs(2.0, shape=(None, 8, 8, 3)), Passed),
    "two examples, and it learns": (pairs(2.0, learns=True), Passed),
    "no such layer": (run(50, model(), *LEARNS, CHANCE), NotApplicable),
    "steps were not counted": (
        a_run(model(0.99), a_curve([2.3, 0.02]), CHANCE, end=End("finished", None)), CannotTell),
    "no validation": (run(50, model(0.99), *LEARNS), CannotTell),
}  # fmt: skip


@pytest.mark.parametrize(("run", "want"), ZA608.values(), ids=ZA608.keys())
def test_train_and_inference_differ(run: Run, want: type[Answer] | Tier | None) -> None:
    check("ZA608", run, want)


def test_it_steps_back_behind_other_inputs() -> None:
    small = {"mean": 0.3, "std": 0.4, "min": 0.0, "max": 1.0, "zero_share": 0.0}
    large = {"mean": 76.0, "std": 102.0, "min": 0.0, "max": 255.0, "zero_share": 0.0}
    shifted = (a_table("inputs", {"x": small}), a_table("validation_inputs", {"x": large}))
    told = diagnose(run(50, model(0.99), *LEARNS, CHANCE, *shifted), CATALOGUE, strict=True)
    assert told.findings[0].code == "ZA108"
    assert isinstance(told.checks["ZA608"], CannotTell)


def test_the_fix_settles_within_the_steps_that_there_are() -> None:
    found = flagged("ZA608", run(50, model(0.99), *LEARNS, CHANCE))
    assert found.fix is not None
    assert "+ keras.layers.BatchNormalization(momentum=0.5)" in found.fix.code
    assert found.evidence[0].value == pytest.approx(0.99**50)


def test_it_shows_what_batches_scored_that_were_new() -> None:
    found = flagged("ZA608", run(50, model(0.99), *LEARNS, NEW, held(1.5, 0.8626, 1.1)))
    assert "Batches that were new to training scored 0.75 in its first epoch" in found.context
    assert found.evidence[1].threshold == pytest.approx(0.8625)
    assert found.evidence[1].value == 0.8626
