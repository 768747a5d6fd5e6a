"""Programs are changed just as the code of a fix says."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc.diagnosis.answers import Fix
from tests.fixes.mending import mended
from tests.fixes.replacing import OutOfReachError, UnfitError
from tests.zoo.building import Dense, Fitting, built, layers

X = np.array([[0.0, 10.0], [2.0, 30.0]], "float32")
Y = np.array([1, 2])


class Subclassed(keras.Model):
    """A model that is no graph of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.told = [Dense(4, activation="relu")], Dense(1)

    def call(self, given: Any) -> Any:
        return self.told(self.hidden[0](given))


def chain() -> keras.Model:
    return built(Dense(4, activation="relu"), Dense(1), loss="mse")


def graph() -> keras.Model:
    given = keras.Input((2,))
    model = keras.Model(given, Dense(1)(Dense(4, activation="relu")(given)))
    model.compile("adam", "mse", metrics=["accuracy"])
    return model


def nested() -> keras.Model:
    return built(keras.Sequential([Dense(4, activation="relu"), Dense(1)]), loss="mse")


def subclassed() -> keras.Model:
    model = Subclassed()
    model.compile("adam", "mse", metrics=["accuracy"])
    return model


def after(code: str, *, rule: str = "ZA000", **given: Any) -> Fitting:
    fitting = Fitting(
        given.pop("model", None) or chain(), given.pop("x", X), given.pop("y", Y), given
    )
    return mended(rule, fitting, Fix("Do so.", code))


def compiled(fitting: Fitting, name: str) -> Any:
    return fitting.model._compile_config.config[name]


@pytest.mark.parametrize("build", [chain, graph, nested, subclassed])
def test_a_layer_is_replaced_however_the_model_is_built(build: Any) -> None:
    code = '- keras.layers.Dense(1)\n+ keras.layers.Dense(3, activation="softmax")'
    model = after(code, model=build()).model
    assert model(X).shape == (2, 3)
    assert np.allclose(keras.ops.sum(model(X), axis=1), 1.0)


def test_what_the_fix_does_not_name_stays() -> None:
    model = built(layers.Conv2D(4, 3, activation="relu", kernel_initializer="zeros"), Dense(1))
    code = (
        '- keras.layers.Conv2D(4, ..., activation="relu", kernel_initializer="zeros")\n'
        '+ keras.layers.Conv2D(4, ..., activation="relu")'
    )
    kernel = after(code, model=model).model.layers[0]
    assert kernel.kernel_size == (3, 3)
    assert isinstance(kernel.kernel_initializer, keras.initializers.GlorotUniform)


def test_a_layer_is_left_out() -> None:
    model = after("- keras.layers.Softmax()", model=built(Dense(3), layers.Softmax())).model
    assert not np.allclose(keras.ops.sum(model(X), axis=1), 1.0)


def test_a_layers_argument_is_changed() -> None:
    model = built(Dense(4, kernel_regularizer=keras.regularizers.L2(5.0)), Dense(1))
    code = (
        "- kernel_regularizer=keras.regularizers.L2(5),\n"
        "+ kernel_regularizer=keras.regularizers.L2(0.005),"
    )
    changed = after(code, model=model).model.layers
    assert float(changed[0].kernel_regularizer.l2) == pytest.approx(0.005)
    assert changed[1].kernel_regularizer is None


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ('- loss="mse",\n+ loss="mae",', "loss", "mae"),
        ('+ metrics=["mae"],', "metrics", ["mae"]),
        ("model.compile(..., loss_weights=None)", "loss", "mse"),
    ],
)
def test_arguments_of_compile(code: str, name: str, value: Any) -> None:
    assert compiled(after(code), name) == value


def test_the_rate_is_changed() -> None:
    code = "+ optimizer=keras.optimizers.SGD(learning_rate=0.5, momentum=0.9),"
    optimizer = after(code).model.optimizer
    assert (float(optimizer.learning_rate), optimizer.momentum) == (0.5, 0.9)


def test_one_output_of_several() -> None:
    given = keras.Input((2,))
    model = keras.Model(given, [Dense(1, name="a")(given), Dense(1, name="b")(given)])
    model.compile("adam", ["mse", "mse"])
    assert compiled(after('+ loss={"b": "mae"},', model=model), "loss") == {"a": "mse", "b": "mae"}


def test_data_are_changed() -> None:
    standardised = after("mean = x_train.mean(axis=0)\n+ model.fit((x_train - mean), y_train)")
    assert standardised.x.tolist() == [[-1.0, -10.0], [1.0, 10.0]]
    assert after("+ y = y - 1").y.tolist() == [0, 1]
    assert after("+ model.fit(..., epochs=30)", epochs=3).arguments["epochs"] == 30


def test_a_dataset_is_changed() -> None:
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    mapped = after("+ dataset = dataset.map(lambda x, y: (x, y - 1))", x=data, y=None).x
    assert next(iter(mapped))[1].numpy().tolist() == [0, 1]


def test_a_part_of_a_dataset_is_held_out() -> None:
    data = tf.data.Dataset.from_tensor_slices((X.repeat(5, 0), Y.repeat(5))).batch(1)
    fitting = after("+ model.fit(dataset, validation_data=held_out)", x=data, y=None)
    assert (len(fitting.x), len(fitting.arguments["validation_data"])) == (8, 2)


def test_what_is_held_out_already_stays() -> None:
    fitting = after("+ model.fit(x, y, validation_split=0.2)", validation_split=0.5)
    assert fitting.arguments["validation_split"] == 0.5


def test_a_division_is_taken_back() -> None:
    code = "- x, y = x / 255, y / 255\n+ x = x / 255"
    fitting = after(code, rule="ZA204", y=Y / 255)
    assert fitting.x.tolist() == X.tolist()
    assert fitting.y.tolist() == [1.0, 2.0]


def test_all_is_thawed() -> None:
    model = graph()
    for layer in model.layers:
        layer.trainable = False
    thawed = after("model.trainable = False\nmodel.trainable = True", model=model).model
    assert len(thawed.trainable_variables) == 4


@pytest.mark.parametrize(
    "code",
    [
        "- keras.layers.Dense(9)\n+ keras.layers.Dense(8)",
        "keras.layers.Dense(64)",
        "+ dataset = dataset.shuffle(9)",
        "+ model.fit(x,",
        "- kernel_regularizer=keras.regularizers.L2(5),\n"
        "+ kernel_regularizer=keras.regularizers.L2(1),",
    ],
)
def test_a_fix_that_does_not_fit(code: str) -> None:
    with pytest.raises(UnfitError):
        after(code)


def test_a_generator_is_out_of_reach() -> None:
    with pytest.raises(OutOfReachError):
        after("+ y = y - 1", x=iter([(X, Y)]), y=None)


class OwnCompile(Subclassed):
    """A model that is compiled otherwise than Keras does."""

    def compile(self, rate: float) -> None:
        super().compile("sgd", "mse")


def test_a_compile_of_ones_own_is_out_of_reach() -> None:
    model = OwnCompile()
    model.compile(0.1)
    with pytest.raises(OutOfReachError):
        after('+ loss="mae",', model=model)


def test_a_layer_with_a_mask_of_its_own_is_replaced() -> None:
    given = keras.Input((2,))
    model = keras.Model(given, layers.Softmax()(Dense(1)(given)))
    model.compile("adam", "mse")
    code = '- keras.layers.Softmax()\n+ keras.layers.Activation("sigmoid")'
    assert np.allclose(after(code, model=model).model(0 * X), 0.5)


def test_a_dataset_is_split_anew() -> None:
    data = tf.data.Dataset.from_tensor_slices((X.repeat(5, 0), Y.repeat(5))).batch(2)
    code = (
        "+ dataset = dataset.shuffle(10, reshuffle_each_iteration=False)\n"
        "held_out, dataset = dataset.take(count), dataset.skip(count)\n"
        "model.fit(dataset, validation_data=held_out)"
    )
    fitting = after(code, rule="ZA205", x=data.take(3), y=None, validation_data=data.skip(3))
    held_out = fitting.arguments["validation_data"]
    sizes = [sum(len(y) for _, y in part) for part in (fitting.x, held_out)]
    assert (sizes, set(fitting.arguments)) == ([6, 4], {"validation_data", "callbacks"})
