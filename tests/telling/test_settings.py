"""What a training was set to: the same names in every training, so that two can be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tb_zeroacc import telling
from tb_zeroacc.facts import Contract, Fit, Layer, Optimizer, Output, Shapes, Tensor
from tb_zeroacc.run import Hyperparameters, Run
from tests.diagnosis.planted import a_contract, a_run, a_table

DENSE = Layer("dense", "Dense", "relu", 64, "HeNormal", regularizers=("kernel: L2(0.01)",))
NORM = Layer("norm_in", "BatchNormalization", settings={"momentum": 0.99}, trainable=False)
HEAD = Layer("dense_1", "Dense", "softmax", 10, None, "Constant(-50)", parameters=650)


def told(run: Run) -> dict[str, str]:
    return {entry["name"]: entry["text"] for entry in telling.settings(run)}


def changed(one: Contract, other: Contract) -> set[str]:
    before, after = told(a_run(one)), told(a_run(other))
    return {name for name in before | after if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("loss", "categorical_crossentropy, from_logits=True, sum"),
        ("output", "softmax, 10 units"),
        ("metrics", "BinaryAccuracy"),
        ("optimizer", "SGD"),
        ("learning rate", "0.1"),
        ("clipping", "clipnorm=1"),
        ("settings of the optimizer", "momentum=0.9, nesterov=yes"),
        ("epochs", "20"),
        ("class weights", "no"),
        ("callback EarlyStopping", "patience=3"),
        ("inputs", "float32 (?, 8)"),
        ("values of the inputs, first batch", "-1 to 255"),
        ("layer Dense 1", "64 units, relu, HeNormal, kernel: L2(0.01)"),
        ("layer BatchNormalization 1", "`norm_in`, momentum=0.99, frozen"),
        ("layer Dense 2", "10 units, softmax, bias Constant(-50)"),
        ("version of keras", "3.15.1"),
    ],
)
def test_each_setting_reads_as_it_would_be_written(name: str, text: str) -> None:
    contract = a_contract(
        DENSE, NORM, HEAD, loss="categorical_crossentropy", from_logits=True, reduction="sum",
        metrics=("BinaryAccuracy",), optimizer=Optimizer(
            "SGD", 0.1, clipnorm=1.0, settings={"name": "SGD", "momentum": 0.9, "nesterov": True}
        ),
        fit=Fit(epochs=20, class_weight=False,
                callbacks=({"class_name": "EarlyStopping", "patience": 3},)),
    )  # fmt: skip
    contract = replace(contract, versions={"keras": "3.15.1"})
    shapes = Shapes(inputs=(Tensor("x", (None, 8), "float32"),))
    inputs = a_table("inputs", {"x[0]": {"min": 0, "max": 255}, "x[1]": {"min": -1, "max": 1}})
    assert told(a_run(contract, inputs, shapes=shapes))[name] == text


def test_one_layer_more_leaves_the_names_of_the_others() -> None:
    assert changed(a_contract(DENSE, HEAD), a_contract(DENSE, NORM, HEAD)) == {
        "layer BatchNormalization 1"
    }


def test_a_second_model_of_a_program_differs_by_no_name_that_keras_gave() -> None:
    later = [replace(DENSE, name="dense_7"), replace(HEAD, name="dense_8")]
    assert changed(a_contract(DENSE, HEAD), a_contract(*later)) == set()


def test_of_several_outputs_and_optimizers_each_is_named() -> None:
    contract = Contract(
        outputs=(Output("a", loss="mse"), Output("b", loss="mae", weight=0.5)),
        optimizers=(Optimizer("Adam", 1e-4, name="d"), Optimizer("Adam", 1e-3, name="g")),
    )
    said = told(a_run(contract))
    assert (said["loss of a"], said["loss of b"]) == ("mse", "mae, weight 0.5")
    assert (said["learning rate of d"], said["learning rate of g"]) == ("1e-4", "0.001")


def test_files_beside_the_curves_speak_where_no_contract_does() -> None:
    given = Hyperparameters(learning_rate=0.01, optimizer="adamw", epochs=3, source="hparams.yaml")
    assert told(Run("foreign", hyperparameters=given)) == {
        "optimizer": "adamw", "learning rate": "0.01", "epochs": "3",
    }  # fmt: skip
    both = told(a_run(a_contract(DENSE, HEAD), hyperparameters=given))
    assert (both["optimizer"], both["learning rate"]) == ("Adam", "0.001")
    assert told(Run("nothing")) == {}


MODEL = (replace(DENSE, parameters=576), replace(HEAD, is_output=True))
# Another training; whether its model is told from that of the first.
MODELS: dict[str, tuple[Run, bool]] = {
    "the same": (a_run(a_contract(*MODEL)), False),
    "another learning rate": (a_run(a_contract(*MODEL, optimizer=Optimizer("SGD", 0.1))), False),
    "another initialiser and activation": (
        a_run(a_contract(replace(MODEL[0], activation="tanh", kernel_initializer=None), MODEL[1])),
        False),
    "another output and loss": (
        a_run(a_contract(MODEL[0], replace(MODEL[1], units=1), loss="mean_squared_error")), False),
    "an input layer is listed": (a_run(a_contract(Layer("in", "InputLayer"), *MODEL)), False),
    "more units": (a_run(a_contract(replace(MODEL[0], units=65), MODEL[1])), True),
    "inputs of another size": (
        a_run(a_contract(replace(MODEL[0], parameters=640), MODEL[1])), True),
    "one layer more": (a_run(a_contract(DENSE, *MODEL)), True),
    "no contract": (a_run(), True),
}  # fmt: skip


@pytest.mark.parametrize(("run", "is_other"), MODELS.values(), ids=MODELS)
def test_models_are_told_apart_by_what_a_fix_leaves_alone(run: Run, is_other: bool) -> None:
    first = telling.fingerprint(a_run(a_contract(*MODEL)))
    assert len(first) == 8
    assert (telling.fingerprint(run) != first) is is_other


def test_without_a_model_on_record_there_is_nothing_to_tell() -> None:
    assert telling.fingerprint(a_run()) == ""
