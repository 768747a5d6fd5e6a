"""Which optimizers train a model, and what is said of updates that nobody can see."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts
from tb_zeroacc.diagnosis.answers import CannotTell, Flagged, Passed
from tb_zeroacc.keras.observe.optimizers import optimizers_of_model
from tb_zeroacc.keras.tables import content
from tb_zeroacc.recording.tables import model_tables
from tb_zeroacc.verdict import diagnose
from tests.keras.models import features, layers, mlp, own_step, recorder, weights
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training
SGD = keras.optimizers.SGD
X = features(32)
Y = X[:, :1] * 2.0
BODY, HEAD = ("net/body/kernel", "net/body/bias"), ("net/head/kernel", "net/head/bias")


# --- where optimizers are found -----------------------------------------------------------------
@dataclass(slots=True)
class Slotted:
    optimizer: Any


HOLDERS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "an attribute": (lambda it: it, "held"),
    "a list": (lambda it: [None, it], "held[1]"),
    "a tuple": (lambda it: (it,), "held[0]"),
    "a dictionary": (lambda it: {"critic": it}, "held['critic']"),
    "an object": (lambda it: SimpleNamespace(critic=[it]), "held.critic[0]"),
    "an object with slots": (Slotted, "held.optimizer"),
}


@pytest.mark.parametrize(("hold", "name"), HOLDERS.values(), ids=HOLDERS.keys())
def test_an_optimizer_is_found_in(hold: Callable[[Any], Any], name: str) -> None:
    model, optimizer = keras.Model(), SGD(0.1)
    model.held = hold(optimizer)
    assert {where: o for where, o in optimizers_of_model(model).items() if o is optimizer} == {
        name: optimizer
    }


def test_an_optimizer_of_a_model_below_is_found_once() -> None:
    model, below = keras.Model(), mlp(optimizer=SGD(0.1))
    model.actor, model.again = below, [below]
    assert list(optimizers_of_model(model)) == ["actor.optimizer"]


def test_an_object_that_refuses_to_be_looked_at_is_left_alone() -> None:
    class Odd:
        __slots__ = ("optimizer",)

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    model = keras.Model()
    model.odd, model.mine = Odd(), SGD(0.1)
    assert list(optimizers_of_model(model)) == ["mine"]


# --- programs -----------------------------------------------------------------------------------
class Trained(keras.Model):
    """Two layers and squared errors; `update` is what the programs below differ in."""

    def __init__(self) -> None:
        super().__init__()
        self.net = keras.Sequential(
            [layers.Input((6,)), layers.Dense(4, name="body"), layers.Dense(1, name="head")],
            name="net",
        )
        self.taken = tf.Variable(0, trainable=False, dtype=tf.int64)

    def call(self, x: Any) -> Any:
        return self.net(x)

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.net(x, training=True) - y) ** 2)
        variables = self.net.trainable_variables
        self.taken.assign_add(1)
        self.update(tape.gradient(loss, variables), variables)
        return {"loss": loss}

    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        self.optimizer.apply(gradients, variables)


class Pair(Trained):
    """An optimizer for each layer, and one that `compile()` makes and nobody applies."""

    def __init__(self, rates: tuple[float, float] = (0.01, 0.001)) -> None:
        super().__init__()
        self.held = {"body": SGD(rates[0]), "head": [SGD(rates[1])]}

    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        self.held["body"].apply(gradients[:2], variables[:2])
        self.held["head"][0].apply(gradients[2:], variables[2:])


class EverySecond(Trained):
    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        def apply() -> int:
            self.optimizer.apply(gradients, variables)
            return 0

        tf.cond(self.taken % 2 == 0, apply, lambda: 0)


class HeadHidden(Trained):
    """One layer is trained in the step, the other in a branch of it."""

    def __init__(self) -> None:
        super().__init__()
        self.head = SGD(0.01)

    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        def apply() -> int:
            self.head.apply(gradients[2:], variables[2:])
            return 0

        self.optimizer.apply(gradients[:2], variables[:2])
        tf.cond(self.taken > 0, apply, lambda: 0)


class InFunction(Trained):
    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        self.applied(gradients)

    @tf.function
    def applied(self, gradients: list[Any]) -> None:
        self.optimizer.apply(gradients, self.net.trainable_variables)


class ByHand(Trained):
    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        for gradient, variable in zip(gradients, variables, strict=True):
            variable.assign_sub(0.01 * gradient)


class HeadByHand(Trained):
    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        self.optimizer.apply(gradients[:2], variables[:2])
        for gradient, variable in zip(gradients[2:], variables[2:], strict=True):
            variable.assign_sub(0.01 * gradient)


class BodyAlone(Trained):
    def update(self, gradients: list[Any], variables: list[Any]) -> None:
        self.optimizer.apply(gradients[:2], variables[:2])


def fit(make: Callable[[], keras.Model], log_dir: Path | None, **compiled: Any) -> keras.Model:
    """Four epochs of four steps."""
    keras.utils.set_random_seed(3)
    model = make()
    model.compile(**compiled)
    callbacks = [] if log_dir is None else [recorder(log_dir)]
    model.fit(X, Y, batch_size=8, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    assert not callbacks or not callbacks[0].turned_off
    return model


def named(contract: facts.Contract) -> dict[str | None, tuple[str, ...]]:
    return {optimizer.name: optimizer.variables for optimizer in contract.optimizers}


def moved(log: Log) -> list[list[bool]]:
    """Which rows of `weights` changed, a list a sample."""
    tables = log.tables["weights"]
    column = tables[0].layout.columns.index("update_rms")
    return [(table.values[:, column] > 0).tolist() for table in tables]


def test_each_optimizer_stands_in_the_contract_with_what_it_updates(tmp_path: Path) -> None:
    fit(Pair, tmp_path)
    log = read(tmp_path)
    assert named(log.contract()) == {"held['body']": BODY, "held['head'][0]": HEAD}
    assert log.tables["gradients"][0].layout.rows == (*BODY, *HEAD)
    rates = log.tables["learning_rates"][0]
    assert rates("held['body']", "learning_rate") == pytest.approx(0.01)
    assert rates("held['head'][0]", "learning_rate") == pytest.approx(0.001)
    assert np.isnan(log.tables["loss"][0]("loss", "learning_rate"))
    assert {epoch.learning_rate for epoch in log.facts(facts.Epoch)} == {None}
    assert not log.facts(facts.Unrecorded)


def test_an_optimizer_that_is_never_applied_is_not_in_the_contract(tmp_path: Path) -> None:
    fit(ByHand, tmp_path)
    log = read(tmp_path)
    assert log.contract().optimizer is None
    assert log.contract().optimizers == ()
    assert np.isnan(log.tables["loss"][0]("loss", "learning_rate"))


@pytest.mark.parametrize("program", [EverySecond, InFunction, ByHand])
@pytest.mark.parametrize("eager", [False, True], ids=["graph", "eager"])
def test_what_is_updated_unseen_shows_in_the_weights(
    program: type[Trained], eager: bool, tmp_path: Path
) -> None:
    compiled = {} if program is ByHand else {"optimizer": SGD(0.01)}
    plain = fit(program, None, run_eagerly=eager, **{k: SGD(0.01) for k in compiled})
    watched = fit(program, tmp_path, run_eagerly=eager, **compiled)
    assert weights(plain) == weights(watched)
    log = read(tmp_path)
    assert log.tables["weights"][0].layout.rows == (*BODY, *HEAD)
    every_second = program is EverySecond
    assert moved(log) == [[bool(i % 2) or not every_second] * 4 for i in range(16)]
    if program is not EverySecond or not eager:  # eagerly a branch is plain Python
        assert "gradients" not in log.tables
        (said,) = [f for f in log.facts(facts.Unrecorded) if "gradients" in f.tables]
        assert set(said.rows) == {*BODY, *HEAD}
        assert said.why.endswith(".")
        assert said.remedy


@pytest.mark.parametrize("program", [HeadHidden, HeadByHand])
def test_a_part_that_is_updated_unseen_is_named(program: type[Trained], tmp_path: Path) -> None:
    fit(program, tmp_path, optimizer=SGD(0.01))
    log = read(tmp_path)
    assert log.tables["gradients"][0].layout.rows == BODY
    assert log.tables["weights"][0].layout.rows == (*BODY, *HEAD)
    (said,) = log.facts(facts.Unrecorded)
    assert (said.tables, said.rows) == (("gradients",), HEAD)
    checks = diagnose(str(tmp_path))[0].checks
    answer = checks["ZA708"]
    assert isinstance(answer, CannotTell), "half of the variables cannot be judged"
    assert said.why.removesuffix(".") in answer.reason


def test_what_rests_is_nothing_that_is_missing(tmp_path: Path) -> None:
    fit(BodyAlone, tmp_path, optimizer=SGD(0.01))
    log = read(tmp_path)
    assert moved(log) == [[True, True, False, False]] * 16
    assert log.contract().optimizer.variables == BODY  # type: ignore[union-attr]
    assert not log.facts(facts.Unrecorded)


def test_where_several_steps_run_at_once_what_is_hidden_is_said(tmp_path: Path) -> None:
    fit(EverySecond, tmp_path, optimizer=SGD(0.01), steps_per_execution=2)
    log = read(tmp_path)
    assert "weights" not in log.tables
    (said,) = log.facts(facts.Unrecorded)
    assert said.tables == ("gradients", "weights")
    checks = diagnose(str(tmp_path))[0].checks
    for code in ("ZA601", "ZA701", "ZA708"):  # ZA702 passes, for the loss fell
        answer = checks[code]
        assert isinstance(answer, CannotTell), f"{code} passes on a table that is not there"
        assert said.why.removesuffix(".") in answer.reason


def test_a_model_that_is_called_in_a_function_of_the_step_is_said(tmp_path: Path) -> None:
    class Helped(Trained):
        @tf.function
        def helper(self, data: Any) -> Any:
            return super().train_step(data)["loss"]

        def train_step(self, data: Any) -> dict[str, Any]:
            return {"loss": self.helper(data)}

    fit(Helped, tmp_path, optimizer=SGD(0.01))
    log = read(tmp_path)
    assert "activations" not in log.tables
    assert "activations" in {kind for fact in log.facts(facts.Unrecorded) for kind in fact.tables}


def test_an_optimizer_within_another_is_not_one_more(tmp_path: Path) -> None:
    class Scaled(Trained):
        def __init__(self) -> None:
            super().__init__()
            self.inner = SGD(0.01)


    keras.utils.set_random_seed(3)
    model = Scaled()
    model.compile(keras.optimizers.LossScaleOptimizer(model.inner))
    model.fit(X, Y, batch_size=8, verbose=0, callbacks=[recorder(tmp_path)])
    log = read(tmp_path)
    assert log.contract().optimizers == ()
    assert log.contract().optimizer.name == "optimizer"  # type: ignore[union-attr]
    assert not log.facts(facts.Unrecorded)


def test_quantised_layers_show_what_they_put_out(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([layers.Input((6,)), layers.Dense(4, name="body")], name="net")
    model.layers[0].enable_lora(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras warns of its own input layer
        model.quantize("int8")
    model.compile(SGD(0.01), "mse")
    model.fit(X, Y, batch_size=8, verbose=0, callbacks=[recorder(tmp_path)])
    log = read(tmp_path)
    assert log.tables["activations"][0].layout.rows == ("body",)
    assert "net/body/lora_kernel_a" in log.tables["gradients"][0].layout.rows
    assert not log.facts(facts.Unrecorded)


def test_scales_that_an_update_replaces_are_no_weights(tmp_path: Path) -> None:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([layers.Input((6,)), layers.Dense(4, name="body")], name="net")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.quantize("float8")
    model.compile(SGD(0.01), "mse")
    model.fit(X, Y, batch_size=8, verbose=0, callbacks=[recorder(tmp_path)])
    assert read(tmp_path).tables["weights"][0].layout.rows == BODY


# --- what is said of rates ----------------------------------------------------------------------
RATES: dict[str, tuple[tuple[float, float], str, type, str]] = {
    "a healthy pair, too low": ((0.01, 0.01), "ZA702", Passed, ""),
    "a healthy pair, too high": ((0.01, 0.01), "ZA701", Passed, ""),
    "a healthy pair, unmoved": ((0.01, 0.01), "ZA708", Passed, ""),
    "one too low": ((0.01, 1e-10), "ZA702", Flagged, "`held['head'][0]`"),
    "one too low is applied all the same": ((0.01, 1e-10), "ZA708", Passed, ""),
    "both too low": ((1e-10, 1e-10), "ZA702", Flagged, "`held['body']` and `held['head'][0]`"),
    "one too high": ((0.01, 1e3), "ZA701", Flagged, "`held['"),
}


class Silent(Pair):
    """Its loss goes by another name, as those of two players do."""

    def train_step(self, data: Any) -> dict[str, Any]:
        return {"d_loss": super().train_step(data)["loss"]}


@pytest.mark.parametrize(("rates", "code", "want", "named"), RATES.values(), ids=RATES.keys())
def test_each_rate_is_judged_by_itself(
    rates: tuple[float, float], code: str, want: type, named: str, tmp_path: Path
) -> None:
    keras.utils.set_random_seed(3)
    model = Silent(rates)
    model.compile()
    x = features(256)
    y = x[:, :1] * 2.0
    model.fit(x, y, batch_size=8, shuffle=False, verbose=0, callbacks=[recorder(tmp_path)])
    answer = diagnose(str(tmp_path))[0].checks[code]
    assert isinstance(answer, want), answer
    if isinstance(answer, Flagged):
        assert named in answer.summary


# --- parts that fail ----------------------------------------------------------------------------
def broken(*_: Any, **__: Any) -> Any:
    raise TypeError("an odd layer")


def test_a_part_that_is_turned_off_says_so_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_tables, "gradients", broken)
    with pytest.warns(RuntimeWarning, match="no longer records the gradients"):
        mlp().fit(X, np.zeros(32), verbose=0, callbacks=[recorder(tmp_path)])
    (said,) = read(tmp_path).facts(facts.Unrecorded)
    assert said.tables == ("gradients",)
    assert "TypeError: an odd layer" in said.why
    answer = diagnose(str(tmp_path))[0].checks["ZA708"]
    assert isinstance(answer, CannotTell)
    assert "an odd layer" in answer.reason


def test_batches_are_counted_where_samples_are_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of replicas: the graph counts nothing where its part of it could not be made."""
    monkeypatch.setattr(content, "tables_of", broken)
    with pytest.warns(RuntimeWarning, match="no longer records samples"):
        own_step(steps_per_execution=2).fit(
            X, np.zeros(32), batch_size=8, epochs=3, verbose=0, callbacks=[recorder(tmp_path)]
        )
    log = read(tmp_path)
    assert [epoch.batches for epoch in log.facts(facts.Epoch)] == [4, 4, 4]
    assert log.end().step == 12
    checks = diagnose(str(tmp_path))[0].checks
    assert isinstance(checks["ZA110"], Passed)
    assert isinstance(checks["ZA103"], CannotTell)
    assert "TypeError" in checks["ZA103"].reason
