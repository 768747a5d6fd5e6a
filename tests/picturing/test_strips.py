"""Places in the order in which data pass them."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Evidence, unlike
from tb_zeroacc.facts import Layer, Pipeline, Tapped
from tb_zeroacc.picturing.strips import MOST_BOXES, data_path, model, output_loss
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.picturing.finding import a_finding

SEEN = {"elements": 40, "non_finite_elements": 0, "values": 4000, "zero_share": 0.0, "std": 1.0}
TAPS = a_table("pipeline", {
    "loaded": {**SEEN, "min": 0.0, "max": 255.0},
    "scaled": {**SEEN, "min": 0.0, "max": 0.0, "std": 0.0},
})  # fmt: skip
LOADED = Tapped("loaded", "loaded", dtype="uint8")
PIPELINE = Pipeline((LOADED, Tapped("scaled", "scaled", before="loaded")))
INPUTS = a_table("inputs", {f"x[{n}]": {"min": 0.0, "max": 0.0} for n in range(3)})


def test_the_stage_that_loses_the_data_is_flagged_among_the_taps() -> None:
    fact = Evidence.of_table("spread at `scaled`", TAPS, 0.0, unlike(0.0), layer="scaled")
    picture = data_path(a_finding("ZA109", fact), a_run(TAPS, INPUTS, pipeline=PIPELINE))
    assert picture is not None
    assert [(box["name"], box["text"], box["wrong"]) for box in picture["boxes"]] == [
        ("loaded", "0 .. 255", False), ("scaled", "0", True),
        ("x, as the model gets it", "0", False),
    ]  # fmt: skip


def test_without_taps_it_is_what_the_model_gets() -> None:
    picture = data_path(a_finding("ZA102"), a_run(INPUTS))
    assert picture is not None
    assert [(box["text"], box["wrong"]) for box in picture["boxes"]] == [("0", True)]


def test_a_loss_that_applies_softmax_again_is_flagged() -> None:
    run = a_run(a_contract(from_logits=True, activated_twice=True))
    picture = output_loss(a_finding("ZA312"), run)
    assert picture is not None
    loss = picture["boxes"][-1]
    assert loss["wrong"]
    assert loss["note"] == "from_logits=True, applies softmax again"
    assert picture["boxes"][-2]["text"] == "10 units, softmax"


def test_of_a_deep_model_the_flagged_layers_stay() -> None:
    layers = [Layer(f"dense_{n}", "Dense", "relu", 8) for n in range(20)]
    picture = model(a_finding("ZA603", layers=("dense_7",)), a_run(a_contract(*layers)))
    assert picture is not None
    names = [box["name"] for box in picture["boxes"]]
    assert len(names) == MOST_BOXES + 1
    assert {"dense_0", "dense_7", "dense_19", "…"} <= set(names)
    assert [box["name"] for box in picture["boxes"] if box["wrong"]] == ["dense_7"]
