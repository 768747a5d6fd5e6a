"""`Monitor`: the record of a loop of one's own is that of the callback."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import Monitor, ZeroAccuracyCallback, diagnose, facts
from tb_zeroacc.recorder.patches import is_patched
from tests.recorder.models import classes, features, linear, mlp, recorder, weights
from tests.recorder.reading import Log, read

pytestmark = pytest.mark.training
X = features(48)
Y = classes(X)
BATCH = 12
LOSS = keras.losses.SparseCategoricalCrossentropy()
Record = Callable[..., None]


def batches(x: np.ndarray = X, y: np.ndarray = Y) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(x), BATCH):
        yield tf.constant(x[start : start + BATCH]), tf.constant(y[start : start + BATCH])


def step_of(
    model: keras.Model,
    optimizer: Any,
    record: Record | None,
    *,
    before: bool = False,
    shows_gradients: bool = True,
    loss: Any = LOSS,
) -> Callable[[Any, Any], Any]:
    """A training step with a record before or behind its update."""

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            value = loss(y, outputs)
        gradients = tape.gradient(value, model.trainable_variables)
        shown = {"gradients": gradients} if shows_gradients else {}
        if record and before:
            record(inputs=x, labels=y, outputs=outputs, loss=value, **shown)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        if record and not before:
            record(inputs=x, labels=y, outputs=outputs, loss=value, **shown)
        return value

    return step


def quiet(log_dir: Path, model: keras.Model, **arguments: Any) -> Monitor:
    arguments = {"loss": LOSS, "verbose": 0, **arguments}
    return Monitor(log_dir, model=model, **arguments)


def faults(monitor: Monitor) -> dict[str, Exception]:
    assert monitor._loop is not None
    return monitor._loop.guard.off


def train(
    log_dir: Path | None, *, graph: bool, epochs: int = 2, build: Any = mlp, **options: Any
) -> keras.Model:
    """Trains in a loop, watched where there is a directory; the weights tell how."""
    model, optimizer = build(), keras.optimizers.Adam()
    monitor = quiet(log_dir, model, optimizer=optimizer) if log_dir is not None else None
    step = step_of(model, optimizer, monitor.record if monitor else None, **options)
    step = tf.function(step) if graph else step
    with monitor or warnings.catch_warnings():
        for _ in range(epochs):
            losses = [float(step(x, y)) for x, y in batches()]
            if monitor:
                monitor.end_epoch({"loss": np.mean(losses)})
    if monitor:
        assert not faults(monitor)
    return model


@pytest.fixture(scope="module")
def by_callback(tmp_path_factory: pytest.TempPathFactory) -> tuple[Log, keras.Model]:
    log_dir = tmp_path_factory.mktemp("callback")
    model = mlp(optimizer=keras.optimizers.Adam(), run_eagerly=True)
    model.fit(
        X, Y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, callbacks=[recorder(log_dir)]
    )
    return read(log_dir), model


# --- the same record as the callback's ----------------------------------------------------------
@pytest.mark.parametrize("shows_gradients", [True, False], ids=["shown", "seen"])
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_the_tables_are_those_of_the_callback(
    graph: bool,
    before: bool,
    shows_gradients: bool,
    by_callback: tuple[Log, keras.Model],
    tmp_path: Path,
) -> None:
    expected, fitted = by_callback
    model = train(tmp_path, graph=graph, before=before, shows_gradients=shows_gradients)
    log = read(tmp_path)
    np.testing.assert_allclose(
        np.concatenate([w.ravel() for w in model.get_weights()]),
        np.concatenate([w.ravel() for w in fitted.get_weights()]),
        rtol=1e-4, atol=1e-6,
    )  # fmt: skip
    assert set(log.tables) == set(expected.tables)
    for kind, samples in expected.tables.items():
        assert log.steps(kind) == expected.steps(kind), kind
        for there, here in zip(samples, log.tables[kind], strict=True):
            assert (here.layout.rows, here.layout.columns) == (
                there.layout.rows, there.layout.columns,
            )  # fmt: skip
            if kind != "progress":  # it holds durations
                np.testing.assert_allclose(
                    here.values, there.values, rtol=2e-3, atol=1e-5, err_msg=kind
                )
    places = [tuple(t.values[0, :2]) for t in log.tables["progress"]]
    assert places == [tuple(t.values[0, :2]) for t in expected.tables["progress"]]
    assert set(expected.scalars) - set(log.scalars) <= {
        "zeroacc/seconds_per_step", "zeroacc/epoch/accuracy",
    }  # fmt: skip


def test_the_contract_is_that_of_the_callback(
    by_callback: tuple[Log, keras.Model], tmp_path: Path
) -> None:
    expected = by_callback[0].contract()
    train(tmp_path, graph=True, epochs=1)
    contract = read(tmp_path).contract()
    named = [dataclasses.replace(layer, name="") for layer in contract.layers]
    assert named == [dataclasses.replace(layer, name="") for layer in expected.layers]
    assert contract.optimizer is not None
    assert expected.optimizer is not None
    name = expected.optimizer.settings["name"]  # counted on, the more tests ran before
    settings = {**contract.optimizer.settings, "name": name}
    assert dataclasses.replace(contract.optimizer, settings=settings) == expected.optimizer
    for there, here in zip(expected.outputs, contract.outputs, strict=True):
        assert (here.loss, here.loss_class, here.activation, here.from_logits) == (
            there.loss, "SparseCategoricalCrossentropy", there.activation, there.from_logits,
        )  # fmt: skip
    shapes = read(tmp_path).facts(facts.Shapes)[-1]
    assert [t.shape for t in (*shapes.inputs, *shapes.labels, *shapes.outputs)] == [
        (12, 6), (12,), (12, 3),
    ]  # fmt: skip


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_weights_are_bit_identical(graph: bool, tmp_path: Path) -> None:
    trained = [
        weights(train(log_dir, graph=graph, before=before))
        for log_dir, before in ((None, False), (tmp_path / "a", False), (tmp_path / "b", True))
    ]
    assert trained[0] == trained[1] == trained[2]


def constant_labels(callbacks: list[Any], monitor: Callable[..., Monitor] | None) -> None:
    y = np.zeros(48, np.int32)
    model = mlp(optimizer=keras.optimizers.Adam())
    if monitor is None:
        model.fit(X, y, epochs=12, batch_size=BATCH, verbose=0, callbacks=callbacks)
        return
    with monitor(model=model, optimizer=model.optimizer, loss=LOSS) as watching:
        step = tf.function(step_of(model, model.optimizer, watching.record))
        for _ in range(12):
            losses = [float(step(*batch)) for batch in batches(X, y)]
            watching.end_epoch({"loss": np.mean(losses)})


def high_rate(callbacks: list[Any], monitor: Callable[..., Monitor] | None) -> None:
    y = (X @ np.arange(6, dtype="float32"))[:, None]
    model = linear(optimizer=keras.optimizers.SGD(10.0))
    if monitor is None:
        model.fit(X, y, epochs=3, batch_size=BATCH, verbose=0, callbacks=callbacks)
        return
    loss = keras.losses.MeanSquaredError()
    with monitor(model=model, optimizer=model.optimizer, loss=loss) as watching:
        step = step_of(model, model.optimizer, watching.record, before=True, loss=loss)
        for _ in range(3):
            losses = [float(step(*batch)) for batch in batches(X, y)]
            watching.end_epoch({"loss": np.mean(losses)})


@pytest.mark.parametrize("fault", [constant_labels, high_rate])
def test_the_verdict_is_that_of_the_callback(
    fault: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault([recorder(tmp_path / "callback")], None)
    (expected,) = diagnose(str(tmp_path / "callback"))
    capsys.readouterr()
    log_dir = tmp_path / "monitor"
    fault([], lambda **arguments: Monitor(log_dir, **arguments))
    said = [line for line in capsys.readouterr().out.splitlines() if "Zero Accuracy" in line]
    (verdict,) = diagnose(str(log_dir))
    assert verdict.findings[0].code == expected.findings[0].code
    assert said[0].startswith(f"Zero Accuracy: {expected.findings[0].code} ")


# --- where a record may stand -------------------------------------------------------------------
def test_a_record_behind_a_whole_step_in_a_function(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    @tf.function(jit_compile=True)
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = LOSS(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return outputs, loss, gradients

    with monitor:
        for x, y in batches():
            outputs, loss, gradients = step(x, y)
            monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=gradients)
    assert not faults(monitor)
    log = read(tmp_path)
    assert log.steps("weights") == [0, 1, 2, 3]
    for weight, gradient in zip(log.tables["weights"], log.tables["gradients"], strict=True):
        kernel = "net/out/kernel"
        assert weight(kernel, "update_rms") == pytest.approx(0.1 * gradient(kernel, "rms"), rel=0.1)


def test_within_xla_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, monitor.record), jit_compile=True)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)
            monitor.end_epoch({"loss": 1.0})

    with pytest.warns(RuntimeWarning, match="jit_compile=True.*behind it") as told:
        loop()
    assert len([w for w in told if "Zero Accuracy" in str(w.message)]) == 1
    log = read(tmp_path)
    assert log.contract().layers
    assert log.facts(facts.Epoch)
    assert log.end().how == "finished"


def test_steps_within_one_function(tmp_path: Path) -> None:
    """A whole epoch in a `tf.function`: the loop over the data is one of the graph."""
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(BATCH)

    @tf.function
    def epoch() -> None:
        for x, y in data:
            step(x, y)

    with monitor:
        epoch()
        epoch()
    assert not faults(monitor)
    log = read(tmp_path)
    assert log.steps("activations") == log.steps("weights") == list(range(8))
    assert all(t("net/out/kernel", "update_rms") > 0 for t in log.tables["weights"])


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_every_is_kept(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer, every=3)
    step = step_of(model, optimizer, monitor.record)
    step = tf.function(step) if graph else step
    with monitor:
        for _ in range(2):
            for batch in batches():
                step(*batch)
    log = read(tmp_path)
    assert log.steps() == [0, 3, 6]
    assert all(t("net/out/kernel", "update_rms") > 0 for t in log.tables["weights"])
    assert log.end().step == 8


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([None] * 4, [0, 1, 2, 3]),
        ([7, 8, 9, 10], [7, 8, 9, 10]),
        ([0, 1, 0, 1], [0, 1, 2, 3]),
        ([5, 5, 5, 5], [5, 6, 7, 8]),
        ([10, 20, 30, 10], [10, 20, 30, 31]),
    ],
    ids=["counted", "from a checkpoint", "anew each epoch", "frozen", "with gaps"],
)
def test_steps_never_go_down(
    given: list[int | None], expected: list[int], graph: bool, tmp_path: Path
) -> None:
    model = linear()
    monitor = quiet(tmp_path, model, loss="mse")

    def step(number: Any) -> None:
        monitor.record(number, inputs=tf.ones([2, 6]))

    step = tf.function(step) if graph else step
    with monitor:
        for number in given:
            is_tensor = graph and number is not None
            step(tf.constant(number, tf.int32) if is_tensor else number)
    assert read(tmp_path).steps("inputs") == expected


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_the_first_loss_that_is_not_finite(graph: bool, tmp_path: Path) -> None:
    x = X.copy()
    x[30, 0] = np.nan
    model, optimizer = linear(), keras.optimizers.SGD(0.1)
    loss = keras.losses.MeanSquaredError()
    monitor = quiet(tmp_path, model, optimizer=optimizer, loss=loss, every=100)
    step = step_of(model, optimizer, monitor.record, before=True, loss=loss)
    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches(x, X[:, :1]):
            step(*batch)
    log = read(tmp_path)
    assert log.steps() == [0, 2, 3], "the first, the broken one, and the one behind it"
    assert log.at("inputs", 2)("x[0]", "non_finite_count") == 1
    counts = [t("net/out/kernel", "non_finite_count") for t in log.tables["weights"]]
    assert counts == [0, 0, 6], "the weights before each update"


# --- how it ends --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fault", "how"),
    [(RuntimeError("no more data"), "exception"), (KeyboardInterrupt(), "interrupted")],
    ids=["exception", "Ctrl-C"],
)
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
def test_what_ends_the_loop_passes_on(
    fault: BaseException, how: str, before: bool, tmp_path: Path
) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record, before=before)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)
            raise fault

    with pytest.raises(type(fault)) as raised:
        loop()
    assert raised.value is fault
    log = read(tmp_path)
    assert log.steps() == [0, 1, 2, 3]
    end = log.end()
    assert (end.how, end.step, end.exception) == (how, 4, type(fault).__name__)
    assert end.text == str(fault)


def hooked(model: keras.Model, optimizer: Any) -> list[str]:
    parts = [(model, "call"), (optimizer, "apply"), *((layer, "call") for layer in model.layers)]
    return [f"{part.name}.{name}" for part, name in parts if is_patched(part, name)]


def test_no_hook_is_left(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = tf.function(step_of(model, optimizer, monitor.record))
    with monitor:
        assert len(hooked(model, optimizer)) > 3
        step(*next(batches()))
    assert not hooked(model, optimizer)
    step(*next(batches()))  # what was traced stays, and writes nothing
    assert read(tmp_path).steps() == [0]
    assert read(tmp_path).end().step == 1


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_entered_again_it_goes_on(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    step = tf.function(step) if graph else step
    for _ in range(2):
        with monitor:
            for batch in batches():
                step(*batch)
            monitor.end_epoch()
        if graph:
            step(*next(batches()))  # seen by nobody
    log = read(tmp_path)
    assert len(log.facts(facts.Start)) == 1
    assert log.steps() == list(range(8))
    assert [epoch.epoch for epoch in log.facts(facts.Epoch)] == [0, 1]
    assert [end.step for end in log.facts(facts.End)] == [4, 8]
    with monitor, pytest.raises(RuntimeError, match="entered already"):
        monitor.__enter__()


def test_a_fault_of_ours_stays_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr("tb_zeroacc.recorder.session.Session.sample", fail)
    trained = []
    for log_dir in (None, tmp_path):
        model, optimizer = mlp(), keras.optimizers.SGD(0.1)
        monitor = quiet(tmp_path, model, optimizer=optimizer) if log_dir else None
        step = tf.function(step_of(model, optimizer, monitor.record if monitor else None))
        with warnings.catch_warnings(record=True) as told, monitor or warnings.catch_warnings():
            warnings.simplefilter("always")
            for batch in batches():
                step(*batch)
        ours = [str(w.message) for w in told if "Zero Accuracy" in str(w.message)]
        trained.append(weights(model))
    assert trained[0] == trained[1]
    assert len(ours) == 1
    assert "no longer records samples" in ours[0]


# --- what reaches the loss -----------------------------------------------------------------------
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize(
    ("last", "then", "shows", "expected"),
    [
        ("softmax", tf.identity, True, ("softmax", "softmax")),
        (None, tf.nn.softmax, True, (None, "softmax")),
        (None, None, True, ("linear", "linear")),
        (None, None, False, (None, None)),
        ("softmax", None, False, ("softmax", "softmax")),
    ],
    ids=["passed on", "softmax by hand", "logits", "logits not shown", "softmax not shown"],
)
def test_the_activation_that_reaches_the_loss(
    last: Any, then: Any, shows: bool, expected: Any, graph: bool, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(4)
    dense = keras.layers.Dense(3, activation=last)
    model = keras.Sequential([keras.layers.Input((6,)), dense])
    monitor = quiet(tmp_path, model)

    def step(x: Any, y: Any) -> None:
        outputs = model(x)
        outputs = then(outputs) if then else outputs
        loss = LOSS(y, outputs)
        monitor.record(labels=y, loss=loss, **({"outputs": outputs} if shows else {}))

    step = tf.function(step) if graph else step
    with monitor:
        step(*next(batches()))
    log = read(tmp_path)
    assert log.facts(facts.Contract)[0].outputs[0].activation is None, "no step has told yet"
    assert log.contract().outputs[0].activation == expected[graph]


# --- loops of other kinds -----------------------------------------------------------------------
@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_a_loop_without_an_optimizer(graph: bool, tmp_path: Path) -> None:
    model = linear()
    model.optimizer = None
    monitor = quiet(tmp_path, model, loss=lambda y, p: tf.reduce_mean((y - p) ** 2))

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = tf.reduce_mean((y - outputs) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=gradients)
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
            variable.assign_sub(0.1 * gradient)

    step = tf.function(step) if graph else step
    with monitor:
        for x, y in batches(X, X[:, :1]):
            step(x, y)
    assert not faults(monitor)
    log = read(tmp_path)
    assert log.contract().optimizer is None
    assert log.contract().outputs[0].loss == "lambda"
    assert log.steps("weights") == log.steps("gradients") == [0, 1, 2, 3]
    last = log.at("weights", 3).row("net/out/kernel")
    assert last["rms"] > 0
    assert np.isnan(last["update_ratio"])
    assert log.at("loss", 3)("loss", "gradient_norm") > 0


def test_nothing_but_the_step(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor:
        monitor.record(0)
        monitor.record()
    assert not faults(monitor)
    assert read(tmp_path).steps("progress") == [0, 1]


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_gradients_without_the_loss_scale(graph: bool, tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    monitor = quiet(tmp_path, model, optimizer=optimizer)

    def loss(y: Any, outputs: Any) -> Any:
        return optimizer.scale_loss(LOSS(y, outputs))

    step = step_of(model, optimizer, monitor.record, before=True, loss=loss)
    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches():
            step(*batch)
    log = read(tmp_path)
    assert [t("loss", "loss_scale") for t in log.tables["loss"]] == [2.0**15] * 4
    assert all(0 < t("loss", "gradient_norm") < 10 for t in log.tables["loss"])


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_structures_of_inputs_and_outputs(graph: bool, tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    left, right = keras.layers.Input((2,), name="left"), keras.layers.Input((3,), name="right")
    joined = keras.layers.Concatenate()([left, right])
    model = keras.Model(
        {"left": left, "right": right},
        {
            "kind": keras.layers.Dense(3, activation="softmax", name="kind")(joined),
            "size": keras.layers.Dense(1, name="size")(joined),
        },
    )
    optimizer = keras.optimizers.Adam()
    losses = {"kind": LOSS, "size": keras.losses.MeanSquaredError()}
    monitor = quiet(tmp_path, model, optimizer=optimizer, loss=losses)

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x)
            loss = sum(losses[name](y[name], outputs[name]) for name in losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        pairs = list(zip(gradients, model.trainable_variables, strict=True))
        optimizer.apply_gradients(pairs)
        monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss, gradients=pairs)

    step = tf.function(step) if graph else step
    with monitor:
        for _ in range(2):
            step(
                {"left": tf.constant(X[:8, :2]), "right": tf.constant(X[:8, 3:])},
                {"kind": tf.constant(Y[:8]), "size": tf.constant(X[:8, :1])},
            )
    assert not faults(monitor)
    log = read(tmp_path)
    assert [(o.name, o.loss) for o in log.contract().outputs] == [
        ("kind", "sparse_categorical_crossentropy"), ("size", "mean_squared_error"),
    ]  # fmt: skip
    assert log.at("labels", 1).layout.rows == log.at("outputs", 1).layout.rows == ("kind", "size")
    assert "left[1]" in log.at("inputs", 1).layout.rows


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
@pytest.mark.parametrize("before", [False, True], ids=["behind", "before"])
def test_two_optimizers(before: bool, graph: bool, tmp_path: Path) -> None:
    model = mlp()
    slow, fast = keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1)
    variables = model.trainable_variables
    monitor = quiet(tmp_path, model, optimizer=[slow, fast])

    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            loss = LOSS(y, model(x))
        gradients = tape.gradient(loss, variables)
        if before:
            monitor.record(labels=y, loss=loss)
        slow.apply_gradients(zip(gradients[:2], variables[:2], strict=True))
        fast.apply_gradients(zip(gradients[2:], variables[2:], strict=True))
        if not before:
            monitor.record(labels=y, loss=loss)

    step = tf.function(step) if graph else step
    with monitor:
        for batch in batches():
            step(*batch)
    assert not faults(monitor)
    log = read(tmp_path)
    assert len(log.at("weights", 3).layout.rows) == len(variables)
    assert log.at("weights", 3).layout.rows == log.at("gradients", 3).layout.rows
    for row, rate in (("net/first/kernel", 0.01), ("net/out/kernel", 0.1)):
        update = log.at("weights", 3)(row, "update_rms")
        assert update == pytest.approx(rate * log.at("gradients", 3)(row, "rms"), rel=0.1)


def test_a_look_at_validation_data_is_no_step(tmp_path: Path) -> None:
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)
    with monitor:
        for batch in batches():
            step(*batch)
            model(1e6 * tf.ones([3, 6]), training=False)
    assert max(t("first", "abs_max") for t in read(tmp_path).tables["activations"]) < 1e3


def test_layers_that_are_called_by_hand(tmp_path: Path) -> None:
    model = mlp()
    monitor = quiet(tmp_path, model)

    @tf.function
    def step(x: Any) -> None:
        for layer in model.layers:
            x = layer(x)
        monitor.record(outputs=x)

    with monitor:
        step(tf.constant(X))
    rows = read(tmp_path).at("activations", 0).layout.rows
    assert rows == ("first", "norm", "second", "out")


def test_logs_that_are_none(tmp_path: Path) -> None:
    with quiet(tmp_path, linear()) as monitor, pytest.warns(RuntimeWarning, match="dictionary of"):
        monitor.end_epoch(0.5)  # type: ignore[arg-type]
    assert len(read(tmp_path).facts(facts.Epoch)) == 1


def test_epochs_with_metrics(tmp_path: Path) -> None:
    metric = keras.metrics.Mean()
    metric.update_state([1.0, 2.0])
    model = linear()
    with quiet(tmp_path, model) as monitor:
        monitor.record(inputs=tf.ones([2, 6]))
        monitor.end_epoch({"loss": metric, "val_loss": tf.constant(2.5), "accuracy": 1})
    (epoch,) = read(tmp_path).facts(facts.Epoch)
    assert epoch.logs == {"loss": 1.5, "val_loss": 2.5, "accuracy": 1.0}
    assert (epoch.step, epoch.batches) == (1, 1)


# --- arguments ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"log_dir": ""}, "`log_dir` must be the directory"),
        ({"model": None}, "`model` must be a model of Keras 3"),
        ({"model": keras.layers.Dense}, "`model` must be a model of Keras 3"),
        ({"optimizer": "adam"}, "`optimizer` must be an optimizer of Keras 3"),
        ({"optimizer": ["adam", 0.1]}, "`optimizer` must be an optimizer"),
        ({"every": 0}, "`every` must be a whole number"),
        ({"budget": 2}, "`budget` must be a share"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(
    arguments: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Monitor(**{"log_dir": tmp_path, "model": linear(), **arguments})


def test_gradients_that_fit_no_variable(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor:
        with pytest.warns(RuntimeWarning, match="one entry for each.*Received: 1 for 2"):
            monitor.record(gradients=[tf.ones([6, 1])])
        monitor.record(gradients=[tf.ones([6, 1])])
    assert read(tmp_path).steps("weights") == [0, 1]


def test_a_record_outside_says_so_once(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with pytest.warns(RuntimeWarning, match="records nothing outside of `with"):
        monitor.record(0)
    monitor.end_epoch()  # a second warning would be an error


def test_what_the_model_was_compiled_with(tmp_path: Path) -> None:
    with Monitor(tmp_path, model=mlp(), verbose=0) as monitor:
        monitor.record(inputs=tf.ones([2, 6]))
    contract = read(tmp_path).contract()
    assert contract.optimizer is not None
    assert contract.optimizer.class_name == "Adam"
    assert contract.outputs[0].loss == "sparse_categorical_crossentropy"
    assert isinstance(monitor.diagnose()[0].headline, str)


def test_beside_a_fit_with_the_callback(tmp_path: Path) -> None:
    """Both may watch one model, one after the other or one in the other."""
    model = mlp()
    with Monitor(tmp_path / "monitor", model=model, verbose=0) as monitor:
        callback = ZeroAccuracyCallback(tmp_path / "callback", verbose=0)
        model.fit(X, Y, batch_size=BATCH, verbose=0, callbacks=[callback])
    assert not faults(monitor)
    assert read(tmp_path / "callback").steps() == [0, 1, 2, 3]
    assert not hooked(model, model.optimizer)


def test_a_fault_of_ours_leaves_no_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError("odd layer")

    monkeypatch.setattr("tb_zeroacc.recorder.own_loop.observe", fail)
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path, model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)

    def loop() -> None:
        with monitor:
            for batch in batches():
                step(*batch)

    with pytest.warns(RuntimeWarning, match="no longer records steps; training goes on"):
        loop()
    assert not hooked(model, optimizer)
    assert read(tmp_path).end().how == "finished"


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    model, optimizer = mlp(), keras.optimizers.SGD(0.1)
    monitor = quiet(tmp_path / "file", model, optimizer=optimizer)
    step = step_of(model, optimizer, monitor.record)

    def loop() -> None:
        with monitor:
            step(*next(batches()))

    with pytest.warns(RuntimeWarning, match="no longer records anything into its log file"):
        loop()
    assert not hooked(model, optimizer)


def test_end_epoch_within_a_function(tmp_path: Path) -> None:
    monitor = quiet(tmp_path, linear())
    with monitor, pytest.warns(RuntimeWarning, match="call `end_epoch` in eager code"):
        tf.function(monitor.end_epoch)()
    assert not read(tmp_path).facts(facts.Epoch)


def test_penalties_are_unknown(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    dense = keras.layers.Dense(1, kernel_regularizer="l2")
    model = keras.Sequential([keras.layers.Input((6,)), dense])
    monitor = quiet(tmp_path, model, loss="mse")

    def step() -> None:
        monitor.record(loss=tf.reduce_mean(model(tf.ones([2, 6]))))

    with monitor:
        step()
        tf.function(step)()
    for table in read(tmp_path).tables["loss"]:
        assert np.isnan(table("loss", "penalty"))
        assert np.isfinite(table("loss", "loss"))
