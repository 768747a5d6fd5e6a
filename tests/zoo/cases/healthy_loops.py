"""Programs that learn in a loop of their own, some of them from what they do themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_zeroacc import Monitor
from tests.zoo.building import Dense, adam, breast_cancer, diabetes, digits, images, layers
from tests.zoo.program import healthy

Step = Callable[[Any, Any], tuple[Any, Any]]
LOGITS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _network(inputs: int, outputs: int, hidden: int = 64) -> keras.Model:
    stack = [keras.Input((inputs,)), Dense(hidden, activation="relu"), Dense(outputs)]
    return keras.Sequential(stack)


def _batches(*arrays: np.ndarray, size: int = 32) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(arrays).shuffle(len(arrays[0])).batch(size)


def _stepping(model: keras.Model, optimizer: Any, loss_fn: Any, monitor: Monitor) -> Step:
    """A step that trains, records, and returns its loss and its outputs."""

    def step(x: Any, y: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = loss_fn(y, outputs)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        monitor.record(inputs=x, labels=y, outputs=outputs, loss=loss)
        return loss, outputs

    return step


def _epoch(step: Step, data: Iterable[Any]) -> dict[str, float]:
    """Loss and accuracy of an epoch of a classifier."""
    losses, right = [], []
    for x, y in data:
        loss, outputs = step(x, y)
        losses.append(float(loss))
        right.append(np.mean(np.argmax(outputs, axis=1) == np.asarray(y)))
    return {"loss": float(np.mean(losses)), "accuracy": float(np.mean(right))}


def _held_out(model: keras.Model, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    outputs = model(x, training=False)
    right = np.mean(np.argmax(outputs, axis=1) == y)
    return {"val_loss": float(LOGITS(y, outputs)), "val_accuracy": float(right)}


@healthy
def a_loop_without_a_graph(log: Path) -> None:
    x, y = digits()
    model, optimizer = _network(64, 10), adam(0.005)
    with Monitor(log, model=model, optimizer=optimizer, loss=LOGITS, verbose=0) as monitor:
        step = _stepping(model, optimizer, LOGITS, monitor)
        for _ in range(6):
            logs = _epoch(step, _batches(x[:1400], y[:1400], size=64))
            monitor.end_epoch(logs | _held_out(model, x[1400:], y[1400:]))


@healthy
def a_loop_in_a_graph(log: Path) -> None:
    x, y = images()
    stack = [keras.Input((8, 8, 1)), layers.Conv2D(16, 3), layers.BatchNormalization(),
             layers.ReLU(), layers.Flatten(), layers.Dropout(0.3), Dense(10)]  # fmt: skip
    model, optimizer = keras.Sequential(stack), keras.optimizers.SGD(0.05, momentum=0.9)
    with Monitor(log, model=model, optimizer=optimizer, loss=LOGITS, verbose=0) as monitor:
        step = tf.function(_stepping(model, optimizer, LOGITS, monitor), reduce_retracing=True)
        for _ in range(10):
            logs = _epoch(step, _batches(x[:1400], y[:1400]))
            monitor.end_epoch(logs | _held_out(model, x[1400:], y[1400:]))


@healthy
def a_loop_that_logs_nothing_of_its_epochs(log: Path) -> None:
    x, y = diabetes()
    model, optimizer = _network(10, 1, 16), adam(0.01)
    loss_fn = keras.losses.MeanSquaredError()
    with Monitor(log, model=model, optimizer=optimizer, loss=loss_fn, verbose=0) as monitor:
        step = tf.function(_stepping(model, optimizer, loss_fn, monitor), reduce_retracing=True)
        for _ in range(15):
            for batch in _batches(x, y[:, None]):
                step(*batch)


@healthy
def gradients_summed_over_four_batches(log: Path) -> None:
    x, y = digits()
    model, optimizer = _network(64, 10), adam(0.01)
    with Monitor(log, model=model, optimizer=optimizer, loss=LOGITS, verbose=0) as monitor:

        @tf.function
        def step(parts: Any, labels: Any) -> tuple[Any, Any]:
            total = [tf.zeros_like(variable) for variable in model.trainable_variables]
            loss, told = 0.0, []
            for a, b in zip(tf.split(parts, 4), tf.split(labels, 4), strict=True):
                with tf.GradientTape() as tape:
                    told.append(model(a, training=True))
                    part = LOGITS(b, told[-1]) / 4
                gradients = tape.gradient(part, model.trainable_variables)
                total = [s + g for s, g in zip(total, gradients, strict=True)]
                loss += part
            optimizer.apply_gradients(zip(total, model.trainable_variables, strict=True))
            outputs = tf.concat(told, axis=0)
            monitor.record(inputs=parts, labels=labels, outputs=outputs, loss=loss, gradients=total)
            return loss, outputs

        for _ in range(12):
            data = _batches(x[:1344], y[:1344], size=64)
            monitor.end_epoch(_epoch(step, data) | _held_out(model, x[1400:], y[1400:]))


@healthy
def labels_that_the_model_makes_itself(log: Path) -> None:
    """A tenth has labels; the rest is trained on what the model is sure of by now."""
    x, y = digits()
    few, many = np.arange(180), np.arange(180, 1400)
    model, optimizer = _network(64, 10), adam(0.005)
    with Monitor(log, model=model, optimizer=optimizer, loss=LOGITS, verbose=0) as monitor:
        step = tf.function(_stepping(model, optimizer, LOGITS, monitor), reduce_retracing=True)
        for epoch in range(12):
            chosen, labels = x[few], y[few]
            if epoch >= 4:
                shares = tf.nn.softmax(model(x[many])).numpy()
                sure = shares.max(axis=1) > 0.9
                chosen = np.concatenate([chosen, x[many][sure]])
                labels = np.concatenate([labels, shares.argmax(axis=1)[sure]])
            logs = _epoch(step, _batches(chosen, labels))
            monitor.end_epoch(logs | _held_out(model, x[1400:], y[1400:]))


@healthy
def easy_examples_first(log: Path) -> None:
    """Noise on the inputs grows from epoch to epoch, and so the loss does not only fall."""
    x, y = digits()
    model, optimizer = _network(64, 10), adam(0.003)
    with Monitor(log, model=model, optimizer=optimizer, loss=LOGITS, verbose=0) as monitor:
        step = tf.function(_stepping(model, optimizer, LOGITS, monitor), reduce_retracing=True)
        for epoch in range(15):
            noise = np.random.normal(0, 0.02 * epoch, (1400, 64)).astype("float32")
            logs = _epoch(step, _batches(x[:1400] + noise, y[:1400]))
            monitor.end_epoch(logs | _held_out(model, x[1400:], y[1400:]))


class _Corridor:
    """A walk from the middle of eleven places; the right end pays 1, the left end nothing."""

    LENGTH = 11

    def start(self) -> int:
        return self.LENGTH // 2

    def move(self, place: int, action: int) -> tuple[int, float, bool]:
        place += 1 if action else -1
        is_over = place in (0, self.LENGTH - 1)
        return place, float(place == self.LENGTH - 1) - 0.02, is_over

    def seen(self, place: Any) -> np.ndarray:
        return np.eye(self.LENGTH, dtype="float32")[place]


@healthy
def values_of_actions(log: Path) -> None:
    """Q-learning from memory with a target network (V. Mnih et al., Nature 518, 2015)."""
    walk, rng = _Corridor(), np.random.default_rng(0)
    model, target, optimizer = _network(11, 2, 32), _network(11, 2, 32), adam(0.005)
    target.set_weights(model.get_weights())
    memory: list[tuple[int, int, float, int, bool]] = []
    huber = keras.losses.Huber()
    with Monitor(log, model=model, optimizer=optimizer, loss=huber, verbose=0) as monitor:

        @tf.function
        def step(seen: Any, action: Any, goal: Any) -> Any:
            with tf.GradientTape() as tape:
                told = tf.gather(model(seen, training=True), action, batch_dims=1)
                loss = huber(goal[:, None], told[:, None])
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            monitor.record(inputs=seen, labels=goal, outputs=told, loss=loss)
            return loss

        for episode in range(60):
            place, is_over, steps, paid, losses = walk.start(), False, 0, 0.0, []
            while not is_over and steps < 40:
                values = model(walk.seen([place])).numpy()[0]
                explores = rng.random() < max(0.05, 1 - episode / 30)
                action = int(rng.integers(2) if explores else values.argmax())
                after, reward, is_over = walk.move(place, action)
                memory.append((place, action, reward, after, is_over))
                place, steps, paid = after, steps + 1, paid + reward
                drawn = [memory[i] for i in rng.integers(0, len(memory), 32)]
                old, did, won, new, ends = (np.array(c) for c in zip(*drawn, strict=True))
                best = target(walk.seen(new)).numpy().max(axis=1)
                goal = (won + 0.95 * (1 - ends) * best).astype("float32")
                losses.append(float(step(walk.seen(old), did, goal)))
            if episode % 5 == 4:
                target.set_weights(model.get_weights())
            monitor.end_epoch({"loss": np.mean(losses), "reward": paid, "steps": steps})


@healthy
def an_actor_and_its_critic(log: Path) -> None:
    walk, rng = _Corridor(), np.random.default_rng(0)
    inputs = keras.Input((11,))
    h = Dense(32, activation="tanh")(inputs)
    model, optimizer = keras.Model(inputs, [Dense(2)(h), Dense(1)(h)]), adam(0.01)
    with Monitor(log, model=model, optimizer=optimizer, verbose=0) as monitor:

        @tf.function(reduce_retracing=True)
        def step(seen: Any, actions: Any, returns: Any) -> Any:
            with tf.GradientTape() as tape:
                logits, value = model(seen, training=True)
                better = returns - value[:, 0]
                unlikely = tf.nn.sparse_softmax_cross_entropy_with_logits(actions, logits)
                shares = tf.nn.softmax(logits)
                entropy = -tf.reduce_sum(shares * tf.nn.log_softmax(logits), axis=1)
                loss = tf.reduce_mean(
                    unlikely * tf.stop_gradient(better) + 0.5 * better**2 - 0.01 * entropy
                )
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            monitor.record(inputs=seen, outputs=[logits, value], loss=loss)
            return loss

        for _ in range(60):
            seen, actions, rewards = [], [], []
            for _ in range(4):
                place, is_over, won = walk.start(), False, []
                while not is_over and len(won) < 40:
                    seen.append(walk.seen(place))
                    shares = tf.nn.softmax(model(seen[-1][None])[0])[0].numpy()
                    actions.append(int(rng.random() < shares[1]))
                    place, reward, is_over = walk.move(place, actions[-1])
                    won.append(reward)
                rewards += [
                    sum(r * 0.95**i for i, r in enumerate(won[t:])) for t in range(len(won))
                ]
            loss = step(np.array(seen), np.array(actions), np.array(rewards, "float32"))
            monitor.end_epoch({"loss": loss, "return": rewards[0], "steps": len(seen) / 4})


@healthy
def one_batch_at_a_time_by_hand(log: Path) -> None:
    x, y = breast_cancer()
    model = keras.Sequential([keras.Input((30,)), Dense(16, activation="relu"), Dense(1)])
    optimizer, loss_fn = keras.optimizers.AdamW(0.005), keras.losses.BinaryCrossentropy(True)
    with Monitor(log, model=model, optimizer=optimizer, loss=loss_fn, verbose=0) as monitor:
        step = tf.function(_stepping(model, optimizer, loss_fn, monitor), reduce_retracing=True)
        auc = keras.metrics.AUC(from_logits=True)
        for _ in range(12):
            losses = [float(step(*b)[0]) for b in _batches(x[:450], y[:450, None], size=16)]
            auc.reset_state()
            auc.update_state(y[450:, None], model(x[450:]))
            monitor.end_epoch({"loss": np.mean(losses), "val_auc": auc.result()})
