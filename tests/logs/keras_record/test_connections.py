"""Which layer makes which output, and which loss it is trained on, in Keras' own record."""

from __future__ import annotations

import json
from typing import Any

from tb_zeroacc.facts import Output
from tb_zeroacc.logs.keras_record.connections import MAX_LAYERS
from tb_zeroacc.logs.keras_record.contract import contract_of

CE, MSE = "categorical_crossentropy", "mse"


def tensor(name: str) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


def layer(name: str, kind: str = "Dense", source: str = "x", **config: Any) -> dict[str, Any]:
    node = {"args": [tensor(source)], "kwargs": {}}
    return {
        "class_name": kind, "name": name, "config": {"name": name, **config},
        "inbound_nodes": [node],
    }  # fmt: skip


def functional(*layers: Any, outputs: Any, **compiled: Any) -> dict[str, Any]:
    entries = [{"class_name": "InputLayer", "config": {"name": "x"}, "inbound_nodes": []}, *layers]
    config = {"name": "m", "layers": entries, "output_layers": outputs}
    return {"class_name": "Functional", "config": config, "compile_config": compiled}


def outputs_of(record: dict[str, Any]) -> list[Output]:
    found = contract_of(json.dumps(record).encode())
    assert found is not None
    return list(found.outputs)


def told(record: dict[str, Any]) -> list[tuple[str, str | None, str | None, int | None]]:
    return [(o.name, o.activation, o.loss, o.units) for o in outputs_of(record)]


B = layer("b", activation="linear", units=1)
INNER = {
    "class_name": "Sequential", "name": "inner", "inbound_nodes": [{"args": [tensor("x")]}],
    "config": {"name": "inner", "layers": [
        {"class_name": "Dense", "config": {"name": "i1", "activation": "relu", "units": 4}},
        {"class_name": "Dense", "config": {"name": "i2", "activation": "softmax", "units": 3}},
    ]},
}  # fmt: skip
ENDS = [["inner", 0, 0], ["b", 0, 0]]


def test_a_model_within_a_model_keeps_its_place_and_its_name() -> None:
    expected = [("i2", "softmax", CE, 3), ("b", "linear", "mean_squared_error", 1)]
    for loss in ([CE, MSE], {"inner": CE, "b": MSE}, {"i2": CE, "b": MSE}):
        assert told(functional(INNER, B, outputs=ENDS, loss=loss)) == expected, loss


def test_outputs_that_were_given_by_name() -> None:
    outputs = {"first": ["a", 0, 0], "second": ["b", 0, 0]}
    a = layer("a", activation="softmax", units=3)
    found = told(functional(a, B, outputs=outputs, loss={"first": CE, "second": MSE}))
    assert [(name, loss) for name, _, loss, _ in found] == [
        ("a", CE), ("b", "mean_squared_error"),
    ]  # fmt: skip


def test_what_passes_on_is_looked_up_along_its_connection() -> None:
    """The layer that is listed before is not the one before it."""
    parts = (
        layer("a", activation="softmax", units=3), B,
        layer("ra", "Reshape", "a"), layer("rb", "Reshape", "b"),
    )  # fmt: skip
    found = told(functional(*parts, outputs=[["ra", 0, 0], ["rb", 0, 0]], loss=[CE, MSE]))
    assert [(name, activation) for name, activation, _, _ in found] == [
        ("ra", "softmax"), ("rb", "linear"),
    ]  # fmt: skip
    wide = layer("wide", activation="linear", units=7)
    soft = layer("soft", "Activation", "wide", activation="softmax")
    found = told(functional(wide, B, soft, outputs=[["soft", 0, 0]], loss=CE))
    assert found == [("soft", "softmax", CE, 7)]


def test_lists_of_keras_2() -> None:
    old = {"class_name": "Activation", "name": "soft", "inbound_nodes": [[["wide", 0, 0, {}]]],
           "config": {"name": "soft", "activation": "softmax"}}  # fmt: skip
    wide = {"class_name": "Dense", "name": "wide", "inbound_nodes": [[["x", 0, 0, {}]]],
            "config": {"name": "wide", "activation": "linear", "units": 7}}  # fmt: skip
    assert told(functional(wide, old, outputs=[["soft", 0, 0]], loss=CE))[0][3] == 7


def test_two_sources_are_no_way_back() -> None:
    both = layer("sum", "Reshape", "a")
    both["inbound_nodes"] = [{"args": [[tensor("a"), tensor("b")]]}]
    a = layer("a", activation="softmax", units=3)
    assert told(functional(a, B, both, outputs=[["sum", 0, 0]], loss=CE))[0][1] is None


def test_thousands_of_layers_that_pass_on() -> None:
    chain = [{"class_name": "Dropout", "config": {"name": f"d{i}"}} for i in range(4000)]
    dense = {"class_name": "Dense", "config": {"name": "a", "activation": "softmax", "units": 3}}
    record = {
        "class_name": "Sequential", "config": {"name": "s", "layers": [dense, *chain]},
        "compile_config": {"loss": CE},
    }  # fmt: skip
    assert told(record) == [("d3999", "softmax", CE, 3)]


def test_functions_by_their_short_names_are_no_classes() -> None:
    (output,) = outputs_of(functional(B, outputs=[["b", 0, 0]], loss="MSE"))
    assert (output.loss, output.loss_class) == ("mean_squared_error", None)


def test_activation_layers_as_activations() -> None:
    leaky = layer("l", activation={"class_name": "LeakyReLU", "config": {}}, units=2)
    assert told(functional(leaky, outputs=[["l", 0, 0]], loss=MSE))[0][1] == "leaky_relu"


def test_a_model_that_names_another_many_times_over_is_not_followed_for_ever() -> None:
    record = layer("leaf", units=3)
    for depth in range(10):
        outputs = {f"o{n}": [record["config"]["name"], 0, 0] for n in range(8)}
        record = layer(f"m{depth}", "Functional", layers=[record], output_layers=outputs)
    assert len(outputs_of(record)) <= MAX_LAYERS
