"""Every row of the table of facts, read back from the log of one small training."""

from __future__ import annotations

import math
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tests.keras.models import classes, features, layers, linear, mlp, recorder
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
STEPS, EPOCHS, BATCH = 4, 2, 16
# Without taps there is no table of the pipeline (`test_taps`), with one optimizer none of several.
# Of a pipeline, of several optimizers, and two of several replicas.
ELSEWHERE = (facts.PIPELINE_TABLE, "learning_rates", "reduced_gradients", "reduction")
SAMPLED = {kind: names for kind, names in facts.COLUMNS.items() if kind not in ELSEWHERE}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The record of an MLP on six standard normal features and three classes."""
    directory = tmp_path_factory.mktemp("facts")
    x = features()
    callback = recorder(directory)
    stopping = keras.callbacks.EarlyStopping(monitor="loss", patience=50)
    model = mlp(optimizer=keras.optimizers.Adam(0.002, clipnorm=1.5))
    model.fit(
        x, classes(x), batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0,
        validation_data=(x[:8], classes(x[:8])), class_weight={0: 1.0, 1: 2.0, 2: 0.0},
        callbacks=[stopping, callback],
    )  # fmt: skip
    assert not callback.turned_off
    return read(directory)


def test_one_file_in_its_own_directory(log: Log) -> None:
    assert len(log.files) == 1
    assert log.files[0].parent.name == "zeroacc"
    assert "tfevents" in log.files[0].name


def test_start_comes_first_and_contract_before_the_first_sample(log: Log) -> None:
    assert isinstance(log.found[0][1], facts.Start)
    assert isinstance(log.found[1][1], facts.Contract)
    assert log.found[1][0] == 0


def test_contract_layers(log: Log) -> None:
    found = {layer.name: layer for layer in log.contract().layers}
    names = [name for name in found if name != "dropout"]
    assert [n for n in names if not n.startswith("dropout")] == ["first", "norm", "second", "out"]
    first = found["first"]
    assert (first.class_name, first.activation, first.units) == ("Dense", "relu", 8)
    assert (first.kernel_initializer, first.bias_initializer) == ("GlorotUniform", "Zeros")
    assert first.parameters == 6 * 8 + 8
    assert first.variables == ("net/first/kernel", "net/first/bias")
    assert [name for name, layer in found.items() if layer.is_output] == ["out"]


def test_contract_output_with_metrics_as_keras_resolved_them(log: Log) -> None:
    (output,) = log.contract().outputs
    assert (output.name, output.layer, output.activation, output.units) == (
        "out", "out", "softmax", 3,
    )  # fmt: skip
    assert output.loss == "sparse_categorical_crossentropy"
    assert output.from_logits is False
    assert output.reduction == "sum_over_batch_size"
    assert (output.metrics, output.metric_names) == (("SparseCategoricalAccuracy",), ("accuracy",))
    assert log.facts(facts.Contract)[0].outputs[0].metrics == ()  # not resolved before a step


def test_contract_optimizer(log: Log) -> None:
    optimizer = log.contract().optimizer
    assert optimizer is not None
    assert optimizer.class_name == "Adam"
    assert optimizer.learning_rate == pytest.approx(0.002)
    assert optimizer.clipnorm == 1.5
    assert optimizer.settings["beta_1"] == 0.9


def test_contract_fit_and_callbacks(log: Log) -> None:
    fit = log.contract().fit
    assert (fit.epochs, fit.steps_per_epoch, fit.batch_size) == (EPOCHS, STEPS, BATCH)
    assert fit.validation is True
    assert fit.class_weight is True
    (stopping,) = fit.callbacks
    assert stopping["class_name"] == "EarlyStopping"
    assert (stopping["monitor"], stopping["patience"]) == ("loss", 50)


def test_contract_circumstances(log: Log) -> None:
    contract = log.contract()
    assert contract.source == "recorder"
    assert contract.versions["keras"] == keras.__version__
    assert contract.dtype_policy == "float32"
    assert contract.jit_compile is False


def test_shapes(log: Log) -> None:
    (shapes,) = log.facts(facts.Shapes)
    assert shapes.loss_reached
    assert [(t.name, t.dtype, t.shape[1:]) for t in shapes.inputs] == [("x", "float32", (6,))]
    assert [(t.name, t.dtype) for t in shapes.labels] == [("out", "int32")]
    assert [(t.name, t.shape[1:]) for t in shapes.outputs] == [("out", (3,))]
    assert [t.name for t in shapes.sample_weights] == ["out"]


def test_every_table_has_a_sample_at_every_step(log: Log) -> None:
    for kind in (*SAMPLED, *facts.CLASS_TABLES):
        assert log.steps(kind) == list(range(STEPS * EPOCHS)), kind


def test_fixed_columns(log: Log) -> None:
    for kind, columns in SAMPLED.items():
        assert log.tables[kind][0].layout.columns == columns, kind


def test_inputs(log: Log) -> None:
    batch = features()[BATCH : 2 * BATCH]  # step 1
    table = log.at("inputs", 1)
    assert table.layout.rows == tuple(f"x[{i}]" for i in range(6))
    row = table.row("x[2]")
    assert row["mean"] == pytest.approx(batch[:, 2].mean(), abs=1e-6)
    assert row["std"] == pytest.approx(batch[:, 2].std(), abs=1e-6)
    assert (row["min"], row["max"]) == (batch[:, 2].min(), batch[:, 2].max())
    assert (row["zero_share"], row["non_finite_count"], row["count"]) == (0, 0, BATCH)


def test_fingerprint_repeats_with_its_batch_alone(log: Log) -> None:
    prints = [tuple(log.at("batch", step).values[0]) for step in range(STEPS * EPOCHS)]
    assert prints[:STEPS] == prints[STEPS:]  # not shuffled: each epoch shows the same batches
    assert len(set(prints)) == STEPS
    assert log.at("batch", 0)("x", "examples") == BATCH


def test_labels(log: Log) -> None:
    labels = classes(features())[:BATCH]
    row = log.at("labels", 0).row("out")
    assert row["mean"] == pytest.approx(labels.mean(), abs=1e-6)
    assert (row["min"], row["max"]) == (labels.min(), labels.max())
    assert (row["integer_share"], row["examples"], row["units"]) == (1, BATCH, 1)


def test_label_counts(log: Log) -> None:
    counts = np.bincount(classes(features())[:BATCH], minlength=3)
    table = log.at("label_counts", 0)
    assert table.layout.columns == ("0", "1", "2", "other")
    assert table.values[0].tolist() == [*counts, 0]


def test_prediction_counts_sum_to_the_batch(log: Log) -> None:
    table = log.at("prediction_counts", 3)
    assert table.layout.columns == ("0", "1", "2", "other")
    assert table.values.sum() == BATCH


def test_association(log: Log) -> None:
    x = features()
    one_hot = np.eye(3)[classes(x)]
    expected = np.corrcoef(x.T, one_hot.T)[:6, 6:]
    first, last = log.tables["association"]
    assert (first.step, last.step) == (STEPS - 1, STEPS * EPOCHS - 1)
    assert first.layout.rows == tuple(f"x[{i}]" for i in range(6))
    assert first.layout.columns == ("out[0]", "out[1]", "out[2]")
    np.testing.assert_allclose(first.values, expected, atol=1e-5)
    counts = [t.values.item() for t in log.tables["association_examples"]]
    assert counts == [len(x), 2 * len(x)]


def test_sample_weights(log: Log) -> None:
    labels = classes(features())[:BATCH]
    weights = np.array([1.0, 2.0, 0.0])[labels]
    row = log.at("sample_weights", 0).row("out")
    assert row["mean"] == pytest.approx(weights.mean())
    assert row["zero_share"] == pytest.approx((weights == 0).mean())


def test_outputs(log: Log) -> None:
    row = log.at("outputs", 0).row("out")
    assert row["mean"] == pytest.approx(1 / 3, abs=1e-5)  # softmax over 3
    assert 0 < row["entropy"] <= math.log(3) + 1e-5
    assert row["spread"] > 0
    assert (row["non_finite_count"], row["examples"], row["units"]) == (0, BATCH, 3)


def test_activations(log: Log) -> None:
    table = log.at("activations", 0)
    assert table.layout.rows == ("first", "norm", "second", "out")
    first = table.row("first")
    assert 0 <= first["dead_unit_share"] < 1
    assert 0 < first["zero_share"] < 1
    assert math.isnan(first["saturated_share"])
    assert first["units"] == 8
    second = table.row("second")
    assert math.isnan(second["dead_unit_share"])
    assert 0 <= second["saturated_share"] < 1
    assert second["rms"] <= second["abs_max"] <= 1
    assert table("norm", "mean") == pytest.approx(0, abs=1e-5)


def test_gradients_and_weights_have_a_row_a_variable(log: Log) -> None:
    expected = tuple(v for layer in log.contract().layers for v in layer.variables)
    for kind in ("gradients", "weights"):
        assert log.at(kind, 0).layout.rows == expected, kind
    assert (log.at("gradients", 0).values[:, 0] == 1).all()


def test_weights_are_those_before_the_update(log: Log) -> None:
    table = log.at("weights", 0)
    assert table("net/first/bias", "rms") == 0  # the first update has not happened yet
    kernel = table.row("net/first/kernel")
    assert kernel["update_ratio"] == pytest.approx(kernel["update_rms"] / kernel["rms"], rel=1e-4)
    assert kernel["update_rms"] == pytest.approx(0.002, rel=0.05)  # Adam's first step is its rate
    assert kernel["unit_spread"] > 0
    assert math.isnan(table("net/first/bias", "unit_spread"))


def test_gradient_norm_is_that_of_all_variables(log: Log) -> None:
    sizes = np.array([48, 8, 8, 8, 64, 8, 24, 3])
    rms = log.at("gradients", 0).values[:, 1]
    norm = log.at("loss", 0)("loss", "gradient_norm")
    assert norm == pytest.approx(math.sqrt((sizes * rms**2).sum()), rel=1e-4)


def test_loss(log: Log) -> None:
    row = log.at("loss", 0).row("loss")
    assert row["loss"] == row["data_loss"] > 0
    assert (row["penalty"], row["loss_scale"]) == (0, 1)
    assert row["learning_rate"] == pytest.approx(0.002)


def test_progress(log: Log) -> None:
    row = log.at("progress", STEPS + 1).row("progress")
    assert (row["epoch"], row["batch"], row["steps_per_epoch"]) == (1, 1, STEPS)
    assert row["seconds_per_step"] > 0


def test_epochs(log: Log) -> None:
    epochs = log.facts(facts.Epoch)
    assert [(e.epoch, e.step, e.batches) for e in epochs] == [(0, STEPS, STEPS), (1, 8, STEPS)]
    assert set(epochs[0].logs) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert epochs[0].learning_rate == pytest.approx(0.002)
    assert epochs[0].seconds is not None
    assert not epochs[1].cut_short


def test_end(log: Log) -> None:
    assert log.end() == facts.End("finished", STEPS * EPOCHS)


@pytest.mark.parametrize(
    "tag",
    [
        "loss", "learning_rate", "gradient_norm", "update_ratio", "dead_unit_share",
        "saturated_share", "input_rms", "input_mean", "input_std", "input_abs_max",
        "input_zero_share", "label_majority_share", "prediction_majority_share",
        "gradients/first", "dead_units/first", "saturation/second",
    ],
)  # fmt: skip
def test_step_scalars(log: Log, tag: str) -> None:
    points = log.scalars[f"zeroacc/{tag}"]
    assert [step for step, _ in points] == list(range(STEPS * EPOCHS))
    assert all(math.isfinite(value) for _, value in points)


def test_epoch_scalars_stand_on_epochs(log: Log) -> None:
    assert [step for step, _ in log.scalars["zeroacc/epoch/val_loss"]] == [0, 1]
    assert log.scalars["zeroacc/seconds_per_step"]


def test_scalars_are_the_statistics_of_the_tables(log: Log) -> None:
    kernels = ["net/first/kernel", "net/second/kernel", "net/out/kernel"]
    table = log.at("weights", 5)
    largest = max(table(name, "update_ratio") for name in kernels)
    assert dict(log.scalars["zeroacc/update_ratio"])[5] == pytest.approx(largest)
    inputs = log.at("inputs", 5)
    rms = np.hypot(inputs.values[:, 0], inputs.values[:, 1])
    assert dict(log.scalars["zeroacc/input_rms"])[5] == pytest.approx(np.median(rms))


# --- other kinds of labels ----------------------------------------------------------------------

IDS = np.array([0, 1, 2, 5, 0, 0, -1, 2])
LABELS = {
    # name: (labels, units, activation, loss, counts or None)
    "sparse, out of range": (IDS, 3, "softmax", "sparse_categorical_crossentropy", [3, 1, 2, 2]),
    "sparse, as a column": (
        IDS[:, None] % 3, 3, "softmax", "sparse_categorical_crossentropy", [3, 1, 4, 0],
    ),
    "one-hot": (np.eye(3)[[0, 0, 1, 2, 2, 2, 2, 2]], 3, "softmax", "categorical_crossentropy",
                [2, 1, 5, 0]),
    "binary": (np.array([0, 1, 1, 1, 0, 1, 1, 1]), 1, "sigmoid", "binary_crossentropy", [2, 6, 0]),
    "binary, -1 and 1": (np.array([-1, 1] * 4), 1, "sigmoid", "binary_crossentropy", [0, 4, 4]),
    "several at once": (np.array([[1, 1, 0]] * 8), 3, "sigmoid", "binary_crossentropy", None),
    "numbers": (np.linspace(0, 1, 8) + 0.1, 1, "linear", "mse", None),
}  # fmt: skip


@pytest.mark.parametrize("case", LABELS)
def test_class_counts(case: str, tmp_path: Path) -> None:
    labels, units, activation, loss, expected = LABELS[case]
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [layers.Input((2,)), layers.Dense(units, activation=activation, name="out")]
    )
    model.compile("sgd", loss)
    callback = recorder(tmp_path)
    with np.errstate(all="ignore"):
        try:
            model.fit(features(8, 2), labels, batch_size=8, verbose=0, callbacks=[callback])
        except tf.errors.InvalidArgumentError:  # ids out of range; the first batch is on record
            assert case == "sparse, out of range"
    assert not callback.turned_off
    log = read(tmp_path)
    counts = log.tables.get("label_counts")
    if expected is None:
        assert counts is None or np.isnan(counts[0].values[0][:-1]).all() or not (
            np.nansum(counts[0].values)
        )
    else:
        assert counts is not None
        assert counts[0].values[0].tolist() == expected


def test_several_outputs_have_their_own_rows(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    a, b = keras.Input((4,), name="age"), keras.Input((2,), name="size")
    hidden = layers.Dense(4, activation="relu")(layers.Concatenate()([a, b]))
    outputs = {
        "kind": layers.Dense(3, name="kind")(hidden),
        "price": layers.Dense(1, name="price")(hidden),
    }
    model = keras.Model({"age": a, "size": b}, outputs)
    losses = keras.losses
    model.compile(
        "sgd",
        {"kind": losses.SparseCategoricalCrossentropy(from_logits=True), "price": "mae"},
        metrics={"kind": ["accuracy"]}, loss_weights={"kind": 1.0, "price": 0.5},
    )  # fmt: skip
    x = features(16, 6)
    callback = recorder(tmp_path)
    labels = {"kind": classes(x), "price": x[:, 0]}
    model.fit({"age": x[:, :4], "size": x[:, 4:]}, labels, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    kind, price = log.contract().outputs
    assert (kind.name, kind.activation, kind.loss, kind.from_logits, kind.weight) == (
        "kind", "linear", "sparse_categorical_crossentropy", True, 1.0,
    )  # fmt: skip
    assert kind.metrics == ("SparseCategoricalAccuracy",)
    assert (price.loss, price.weight, price.metrics) == ("mean_absolute_error", 0.5, ())
    assert log.at("labels", 0).layout.rows == ("kind", "price")
    assert log.at("label_counts", 0).layout.rows == ("kind",)
    assert log.at("outputs", 0).layout.rows == ("kind", "price")
    rows = log.at("inputs", 0).layout.rows
    assert rows == ("age[0]", "age[1]", "age[2]", "age[3]", "size[0]", "size[1]")
    loss = log.at("loss", 0)
    assert loss.layout.rows == ("loss", "kind", "price")
    own = loss("kind", "loss"), loss("price", "loss")
    weighted = not hasattr(model, "_aggregate_additional_loss")  # so it was before Keras 3.7
    weight = 1.0 if weighted else 0.5
    assert loss("loss", "loss") == pytest.approx(own[0] + weight * own[1], rel=1e-5)


def test_many_features_are_pooled_and_said_so(tmp_path: Path) -> None:
    x = features(8, 700)
    linear(width=700).fit(x, x[:, 0], verbose=0, callbacks=[recorder(tmp_path)])
    table = read(tmp_path).at("inputs", 0)
    assert len(table.layout.rows) == 257
    assert table.layout.rows[-1] == "x[rest]"
    assert table.layout.pooled == 700 - 256
    assert table("x[rest]", "count") == (700 - 256) * 8
    assert table("x[699]", "mean") == pytest.approx(x[:, 699].mean(), abs=1e-6)


def test_penalty_is_told_from_the_data_loss(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    dense = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1), name="out")
    model = keras.Sequential([layers.Input((6,)), dense])
    model.compile("sgd", "mse")
    penalty = 0.1 * float((dense.kernel.numpy() ** 2).sum())
    x = features(8)
    model.fit(x, x[:, 0], verbose=0, callbacks=[recorder(tmp_path)])
    log = read(tmp_path)
    row = log.at("loss", 0).row("loss")
    assert row["penalty"] == pytest.approx(penalty, rel=1e-4)
    assert row["loss"] == pytest.approx(row["data_loss"] + penalty, rel=1e-4)
    assert log.contract().layers[0].regularizers == ("kernel_regularizer: L2(0.1)",)


class _Kept(layers.Layer):
    """Adds the mean square of what passes to the loss, as a variational code its divergence."""

    def call(self, given: tf.Tensor) -> tf.Tensor:
        self.add_loss(3.0 * keras.ops.mean(keras.ops.square(given)))
        return given


@pytest.mark.parametrize("added_by", ["a layer", "an activity regularizer"])
def test_what_layers_add_is_a_penalty_with_gradients(added_by: str, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    x = features(8)
    own = keras.regularizers.L2(3.0) if added_by == "an activity regularizer" else None
    dense = layers.Dense(1, activity_regularizer=own, use_bias=False, name="out")
    inputs = keras.Input((6,))
    outputs = dense(inputs)
    model = keras.Model(inputs, outputs if own else _Kept()(outputs))
    model.compile("sgd", "mse")
    kernel = dense.kernel.numpy()
    told, truth = x @ kernel, x[:, :1]
    # Keras 3.6 sums a regularizer of activities over the batch, later ones take the mean.
    model(x)
    penalty = float(sum(model.losses))
    model.fit(x, truth, verbose=0, callbacks=[recorder(tmp_path)])
    row = read(tmp_path).at("loss", 0).row("loss")
    assert row["penalty"] == pytest.approx(penalty, rel=1e-4)
    assert row["data_loss"] == pytest.approx(((told - truth) ** 2).mean(), rel=1e-4)
    strength = penalty / (told**2).mean()
    gradient = 2 / 8 * x.T @ (told - truth + strength * told)
    assert row["gradient_norm"] == pytest.approx(float(np.linalg.norm(gradient)), rel=1e-4)


def test_missing_and_scaled_gradients(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    cut = layers.Lambda(lambda t: keras.ops.stop_gradient(t))(layers.Dense(3, name="cut")(inputs))
    model = keras.Model(inputs, layers.Dense(1, name="out")(cut))
    model.compile(keras.optimizers.SGD(0.1, loss_scale_factor=1024.0), "mse")
    x = features(8)
    callback = recorder(tmp_path)
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        model.fit(x, x[:, 0], verbose=0, callbacks=[callback])
    assert not callback.turned_off
    log = read(tmp_path)
    gradients = log.at("gradients", 0)
    assert gradients("cut/kernel", "present") == 0
    assert math.isnan(gradients("cut/kernel", "rms"))
    assert log.at("loss", 0)("loss", "loss_scale") == 1024
    moved = log.at("weights", 0)("out/kernel", "update_rms")
    assert moved == pytest.approx(0.1 * gradients("out/kernel", "rms"), rel=1e-3)


def test_equal_units_have_a_spread_of_exactly_zero(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(6, 1)).astype("float32")
    model = keras.Sequential(
        [layers.Input((6,)), layers.Dense(5, name="alike"), layers.Dense(1, name="out")]
    )
    model.get_layer("alike").set_weights([np.repeat(rows, 5, axis=1), np.zeros(5)])
    model.compile("sgd", "mse")
    x = features(8)
    model.fit(x, x[:, 0], verbose=0, callbacks=[recorder(tmp_path)])
    table = read(tmp_path).at("weights", 0)
    assert table(table.layout.rows[0], "unit_spread") == 0.0
