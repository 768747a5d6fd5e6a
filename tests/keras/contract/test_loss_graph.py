"""What the traced loss does with an output, however output and loss are written."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import keras
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.keras.contract.loss_graph import with_loss_graph

pytestmark = pytest.mark.training
softmax, sigmoid = keras.activations.softmax, keras.activations.sigmoid
SPARSE = keras.losses.SparseCategoricalCrossentropy
CATEGORICAL = keras.losses.CategoricalCrossentropy
BINARY = keras.losses.BinaryCrossentropy
Make = Callable[[Any], Any]
Loss = Callable[[Any, Any], Any]


def traced(
    make: Make, loss: Loss, labels: tuple[int | None, ...] = (None,), size: int | None = None
) -> facts.Output:
    """What the graph shows of an output that is made of six numbers an example."""
    found: list[facts.Output] = []

    @tf.function(autograph=False)
    def step(x: Any, y: Any) -> Any:
        made = make(x)
        value = loss(y, made)
        seen = SimpleNamespace(y_pred=made, loss=value, result=None, updates=[])
        found.extend(with_loss_graph((facts.Output("y"),), seen))
        return value

    step.get_concrete_function(
        tf.TensorSpec((size, 6), tf.float32), tf.TensorSpec(labels, tf.float32)
    )
    return found[0]


def tf_sparse(y: Any, p: Any) -> Any:
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(tf.reshape(y, [-1]), tf.int32), p)
    )


def log_softmax(y: Any, p: Any) -> Any:
    wanted = tf.one_hot(tf.cast(y, tf.int32), 6)
    return -tf.reduce_mean(tf.reduce_sum(wanted * tf.nn.log_softmax(p), axis=-1))


def tf_sigmoid(y: Any, p: Any) -> Any:
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, p))


def reshaped(make: Make) -> Make:
    return lambda x: tf.reshape(make(x), tf.shape(x))


ACTIVATED: dict[str, tuple[Make, Loss, tuple[int | None, ...], bool | None]] = {
    "softmax": (softmax, SPARSE(), (None,), False),
    "logits": (lambda x: 2 * x, SPARSE(from_logits=True), (None,), False),
    "Keras takes the logits": (softmax, SPARSE(from_logits=True), (None,), False),
    "a view between": (reshaped(softmax), SPARSE(from_logits=True), (None,), True),
    "a slice": (lambda x: softmax(x)[:, :5], SPARSE(from_logits=True), (None,), True),
    "another dtype": (
        lambda x: tf.cast(tf.nn.softmax(tf.cast(x, tf.float16)), tf.float32),
        SPARSE(from_logits=True), (None,), True),
    "one-hot": (reshaped(softmax), CATEGORICAL(from_logits=True), (None, 6), True),
    "one-hot, softmax": (reshaped(softmax), CATEGORICAL(), (None, 6), None),
    "two softmaxes": (lambda x: softmax(softmax(x)), SPARSE(), (None,), True),
    "TensorFlow's own": (softmax, tf_sparse, (None,), True),
    "TensorFlow's own, logits": (lambda x: 2 * x, tf_sparse, (None,), False),
    "written out": (softmax, log_softmax, (None,), True),
    "sigmoid": (sigmoid, BINARY(), (None, 6), False),
    "sigmoid, repaired": (sigmoid, BINARY(from_logits=True), (None, 6), False),
    "sigmoid twice": (reshaped(sigmoid), BINARY(from_logits=True), (None, 6), True),
    "TensorFlow's sigmoid": (sigmoid, tf_sigmoid, (None, 6), True),
    "TensorFlow's sigmoid, logits": (lambda x: 2 * x, tf_sigmoid, (None, 6), False),
    "squared error": (softmax, keras.losses.MeanSquaredError(), (None, 6), None),
    "attention before it": (
        lambda x: softmax(softmax(x) * x), SPARSE(), (None,), False),
}  # fmt: skip


@pytest.mark.parametrize(
    ("make", "loss", "labels", "want"), ACTIVATED.values(), ids=ACTIVATED.keys()
)
@pytest.mark.filterwarnings("ignore:.*from_logits=True.*:UserWarning")
def test_an_activation_that_is_applied_twice(
    make: Make, loss: Loss, labels: tuple[int | None, ...], want: bool | None
) -> None:
    assert traced(make, loss, labels).activated_twice is want


def squares(y: Any, p: Any) -> Any:
    return tf.reduce_mean(tf.square(y - p))


def column(x: Any) -> Any:
    return tf.reduce_sum(x, axis=-1, keepdims=True)


def vector(x: Any) -> Any:
    return tf.reduce_sum(x, axis=-1)


def pairs(y: Any, p: Any) -> Any:
    """A ranking: all pairs on purpose, of labels and of outputs among themselves."""
    wanted = tf.sign(y - tf.transpose(y))
    return tf.reduce_mean(tf.nn.relu(1.0 - wanted * (p - tf.transpose(p))))


def weighted(y: Any, p: Any) -> Any:
    """Rows of pairs of the labels alone."""
    same = tf.cast(tf.equal(y, y[:, None]), tf.float32)
    return tf.reduce_mean(same) + tf.reduce_mean(tf.square(p))


CROSSED: dict[str, tuple[Make, Loss, tuple[int | None, ...], bool]] = {
    "labels (n,)": (column, squares, (None,), True),
    "outputs (n,)": (vector, squares, (None, 1), True),
    "a part of the output": (column, lambda y, p: squares(y, p[:, 0]), (None, 1), True),
    "behind other operations": (column, lambda y, p: squares(tf.exp(y), 3 * p), (None,), True),
    "both (n, 1)": (column, squares, (None, 1), False),
    "both (n,)": (vector, squares, (None,), False),
    "Keras squeezes": (column, keras.losses.MeanSquaredError(), (None,), False),
    "pairs on purpose": (column, pairs, (None, 1), False),
    "pairs of labels": (column, weighted, (None,), False),
    "quantiles": (column, lambda y, p: squares(y, p * tf.constant([0.1, 0.5])), (None, 1), False),
}


@pytest.mark.parametrize(("make", "loss", "labels", "want"), CROSSED.values(), ids=CROSSED.keys())
def test_all_outputs_against_all_labels(
    make: Make, loss: Loss, labels: tuple[int | None, ...], want: bool
) -> None:
    assert traced(make, loss, labels).compared_crosswise is want


def test_batches_of_a_fixed_size() -> None:
    assert traced(column, squares, (8,), size=8).compared_crosswise is True
    assert traced(column, squares, (1,), size=1).compared_crosswise is False


def test_each_output_by_itself() -> None:
    found: list[facts.Output] = []

    @tf.function(autograph=False)
    def step(x: Any, y: Any) -> None:
        made = {"a": reshaped(softmax)(x), "b": column(x), "c": column(x)}
        loss = tf_sparse(y, made["a"]) + squares(y, made["b"]) + squares(y[:, None], made["c"])
        outputs = tuple(facts.Output(name) for name in made)
        seen = SimpleNamespace(y_pred=made, loss=loss, result=None, updates=[])
        found.extend(with_loss_graph(outputs, seen))

    step.get_concrete_function(tf.TensorSpec((None, 6)), tf.TensorSpec((None,)))
    assert [output.activated_twice for output in found] == [True, None, None]
    assert [output.compared_crosswise for output in found] == [False, True, False]


def test_without_a_graph_nothing_is_said() -> None:
    x = tf.ones((2, 6))
    outputs = (facts.Output("y"),)
    eager = SimpleNamespace(y_pred=softmax(x), loss=tf.reduce_mean(x), result=None, updates=[])
    assert with_loss_graph(outputs, eager) == outputs
    nothing = SimpleNamespace(y_pred=None, loss=None, result=None, updates=[])
    assert with_loss_graph(outputs, nothing) == outputs


def each(y: Any, p: Any) -> Any:
    return tf.square(y - p)


def weights(y: Any) -> Any:
    return y / tf.reduce_sum(y)


REDUCED: dict[str, tuple[Make, Loss, tuple[int | None, ...], str | None]] = {
    "a sum": (vector, lambda y, p: tf.reduce_sum(each(y, p)), (None,), "sum"),
    "a mean": (vector, squares, (None,), None),
    "a sum of rows": (lambda x: x, lambda y, p: tf.reduce_sum(each(y, p)), (None, 6), "sum"),
    "with a penalty": (
        vector, lambda y, p: tf.reduce_sum(each(y, p)) + 0.1 * tf.reduce_sum(y), (None,), "sum"),
    "the mean of a sum": (
        vector, lambda y, p: tf.reduce_mean(tf.reduce_sum(each(y, p))), (None,), "sum"),
    "less a sum": (vector, lambda y, p: -tf.reduce_sum(tf.math.log(p)), (None,), "sum"),
    "a sum of the columns": (
        lambda x: x, lambda y, p: tf.reduce_sum(tf.reduce_mean(each(y, p), 0)), (None, 6), None),
    "the mean of sums of rows": (
        lambda x: x, lambda y, p: tf.reduce_mean(tf.reduce_sum(each(y, p), 1)), (None, 6), None),
    "divided by the size": (
        vector, lambda y, p: tf.reduce_sum(each(y, p)) / tf.cast(tf.size(y), tf.float32),
        (None,), None),
    "weights that sum to 1": (
        vector, lambda y, p: tf.reduce_sum(each(y, p) * weights(y)), (None,), None),
    "a sum of the labels alone": (
        vector, lambda y, p: squares(y, p) + tf.reduce_sum(y), (None,), None),
    "Keras": (vector, keras.losses.MeanSquaredError(), (None,), None),
}  # fmt: skip


@pytest.mark.parametrize(("make", "loss", "labels", "want"), REDUCED.values(), ids=REDUCED.keys())
def test_a_loss_that_is_summed_over_the_batch(
    make: Make, loss: Loss, labels: tuple[int | None, ...], want: str | None
) -> None:
    assert traced(make, loss, labels).reduction == want


def told_by_a_step(
    result: Callable[[Any], Any], labels: tuple[int | None, ...] = (None,), *, learns: bool = False
) -> facts.Output:
    """What the graph shows of a step that returns this of its loss, and asks no `compute_loss`."""
    found: list[facts.Output] = []
    kernel = tf.Variable(tf.ones((6, 1)))

    @tf.function(autograph=False)
    def step(x: Any, y: Any) -> None:
        with tf.GradientTape() as tape:
            made = x @ kernel
            loss = squares(y, made)
        gradients = [tape.gradient(loss, kernel)] if learns else []
        updates = [SimpleNamespace(gradients=[*gradients, None])]
        seen = SimpleNamespace(y_pred=made, loss=None, result=result(loss), updates=updates)
        found.extend(with_loss_graph((facts.Output("y"),), seen))

    step.get_concrete_function(tf.TensorSpec((None, 6)), tf.TensorSpec(labels))
    return found[0]


def test_the_loss_that_a_step_of_its_own_returns() -> None:
    assert told_by_a_step(lambda loss: {"loss": loss}).compared_crosswise is True
    assert told_by_a_step(lambda loss: {"loss": tf.zeros(())}).compared_crosswise is None
    assert told_by_a_step(lambda loss: {"error": loss}).compared_crosswise is None
    assert told_by_a_step(lambda loss: None).compared_crosswise is None


@pytest.mark.parametrize(("labels", "want"), [((None,), True), ((None, 1), False)])
def test_a_loss_out_of_sight_is_seen_behind_its_gradient(
    labels: tuple[int | None, ...], want: bool
) -> None:
    found = told_by_a_step(lambda _: {"loss": tf.zeros(())}, labels, learns=True)
    assert found.compared_crosswise is want
    assert found.reduction is None


def test_shapes_of_a_batch_of_two_are_no_labels() -> None:
    def of_its_shape(y: Any, p: Any) -> Any:
        return tf.reduce_mean(tf.reshape(p, tf.constant([2, 1])) - y)

    assert traced(column, of_its_shape, (2, 1), size=2).compared_crosswise is False
