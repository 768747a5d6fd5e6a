"""The public callback: its arguments, and the two lines that it prints."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tb_zeroacc import Monitor, ZeroAccuracyCallback, diagnose, facts
from tb_zeroacc.errors import DefiniteFaultError
from tests.keras.models import classes, features, linear, mlp, recorder
from tests.keras.reading import read

pytestmark = pytest.mark.training
X = features(32)
Y = classes(X)


def softmax_on_one_unit() -> keras.Model:
    model = keras.Sequential(
        [keras.layers.Input((6,)), keras.layers.Dense(1, activation="softmax")]
    )
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def lines_of(text: str) -> list[str]:
    """What Zero Accuracy says, without Keras' progress bar."""
    lines = text.splitlines()
    said = [i for i, line in enumerate(lines) if line.startswith("Zero Accuracy:")]
    return [line for i in said for line in lines[i : i + 2]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"log_dir": None}, "`log_dir` must be the directory"),
        ({"log_dir": ""}, "`log_dir` must be the directory"),
        ({"log_dir": 3}, "`log_dir` must be the directory"),
        ({"every": 0}, "`every` must be a whole number"),
        ({"every": 2.5}, "`every` must be a whole number"),
        ({"every": True}, "`every` must be a whole number"),
        ({"every": "often"}, "`every` must be a whole number"),
        ({"budget": 0}, "`budget` must be a share"),
        ({"budget": 2}, "`budget` must be a share"),
        ({"budget": "all"}, "`budget` must be a share"),
        ({"budget": float("nan")}, "`budget` must be a share"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(
    arguments: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        ZeroAccuracyCallback(**{"log_dir": tmp_path, **arguments})


def test_another_backend_is_refused_when_it_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="runs on 'jax': set KERAS_BACKEND=tensorflow") as raised:
        ZeroAccuracyCallback(tmp_path)
    assert "or log with keras.callbacks.TensorBoard(LOGDIR)" in str(raised.value)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"or log with tensorboard\.summary\.Writer") as raised:
        Monitor(tmp_path, model=None)
    assert "keras.callbacks" not in str(raised.value)


def test_what_is_advised_without_tensorflow_can_be_read(tmp_path: Path) -> None:
    from tensorboard.summary import Writer

    writer = Writer(str(tmp_path))
    for epoch, loss in enumerate([1.0, 0.5, 0.25]):
        writer.add_scalar("epoch_loss", loss, epoch)
    writer.close()
    assert "3 epochs of the loss" in diagnose(str(tmp_path))[0].headline


def test_an_uncompiled_model_gives_keras_own_error(tmp_path: Path) -> None:
    errors = []
    for callbacks in ([], [recorder(tmp_path)]):
        model = keras.Sequential([keras.layers.Dense(1)])
        with pytest.raises(ValueError, match="compile") as raised:
            model.fit(X, Y, verbose=0, callbacks=callbacks)
        errors.append(str(raised.value))
    assert errors[0] == errors[1]


def test_two_lines_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    callback = ZeroAccuracyCallback(tmp_path)
    mlp().fit(X, Y, epochs=2, verbose=0, callbacks=[callback])
    headline, more = lines_of(capsys.readouterr().out)
    assert headline.removeprefix("Zero Accuracy: ").strip()
    assert f"zeroacc diagnose {tmp_path}" in more
    assert f"tensorboard --logdir {tmp_path}" in more


@pytest.mark.parametrize("shown", [0, 1], ids=["without progress bar", "with progress bar"])
def test_a_definite_finding_is_told_once_and_before_training_ends(
    shown: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            told.append(capsys.readouterr().out)

    model = softmax_on_one_unit()
    callback = ZeroAccuracyCallback(tmp_path)
    with pytest.warns(UserWarning, match="softmax over axis"):
        model.fit(X, Y > 0, epochs=3, verbose=shown, callbacks=[callback, Watch()])
    said = [line for text in [*told, capsys.readouterr().out] for line in lines_of(text)]
    assert len(said) == 2
    assert said[0].startswith("Zero Accuracy: ZA301 The output is always 1")
    assert lines_of(told[0]), "the contract alone tells it, before the first step"


def test_the_first_loss_that_is_not_finite_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = features(64)
    x[40, 0] = np.nan
    told: list[list[str]] = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            told.append(lines_of(capsys.readouterr().out))

    callback = ZeroAccuracyCallback(tmp_path)
    linear().fit(
        x, features(64)[:, 1], batch_size=8, shuffle=False, verbose=0,
        callbacks=[callback, Watch()],
    )  # fmt: skip
    assert told[:6] == [[]] * 6, "steps 0 to 4 were sound, and step 5 had not begun"
    assert told[6][0].startswith("Zero Accuracy: ZA101 "), "row 40 came in step 5"


def test_an_exception_is_explained_before_it_passes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = mlp(loss="binary_crossentropy")
    with pytest.raises(ValueError, match="same rank"):
        model.fit(X, Y, verbose=0, callbacks=[ZeroAccuracyCallback(tmp_path)])
    said = lines_of(capsys.readouterr().out)
    assert said[0].startswith("Zero Accuracy: ZA209 ")


def moving(directory: Path, *ways: str) -> keras.callbacks.Callback:
    """Goes into a directory, `ways` of it, when the second and the third epoch begin."""

    class Move(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch:
                os.chdir(directory / ways[epoch - 1])

    return Move()


@pytest.mark.parametrize(
    ("ways", "comes_back"), [(("sub", "sub"), False), (("sub", "."), True)],
    ids=["stays there", "comes back"],
)  # fmt: skip
def test_a_relative_directory_is_that_of_the_beginning(
    ways: tuple[str, str], comes_back: bool, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    callback = ZeroAccuracyCallback("runs/first")
    mlp().fit(X, Y, epochs=3, verbose=0, callbacks=[moving(tmp_path, *ways), callback])
    log = read(tmp_path / "runs" / "first")
    assert log.end().how == "finished"
    assert [epoch.epoch for epoch in log.facts(facts.Epoch)] == [0, 1, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs", "sub"]
    named = "runs/first" if comes_back else str(tmp_path / "runs" / "first")
    assert f"zeroacc diagnose {named} " in lines_of(capsys.readouterr().out)[-1]


@pytest.mark.parametrize(
    ("log_dir", "expected"),
    [
        ("runs/first", "{here}/runs/first"), (Path("runs"), "{here}/runs"), (".", "{here}"),
        ("/runs/first", "/runs/first"), ("~/runs", "{home}/runs"), ("gs://bucket/runs", None),
        ("memory://runs", None),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_directory_is_made_of(
    log_dir: Any, expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = (expected or log_dir).format(here=tmp_path, home=Path.home())
    assert ZeroAccuracyCallback(log_dir).log_dir == made
    assert Monitor(log_dir, model=mlp()).log_dir == made


def test_silence_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mlp().fit(X, Y, verbose=0, callbacks=[ZeroAccuracyCallback(tmp_path, verbose=0)])
    assert capsys.readouterr().out == ""


def test_only_its_own_training_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    with pytest.warns(UserWarning, match="softmax over axis"):
        softmax_on_one_unit().fit(X, Y > 0, verbose=0, callbacks=[recorder(other)])
    mlp().fit(X, Y, epochs=2, verbose=0, callbacks=[ZeroAccuracyCallback(tmp_path)])
    said = lines_of(capsys.readouterr().out)
    assert len(said) == 2
    assert "ZA301" not in said[0]


def test_of_two_trainings_in_one_directory_each_is_told_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Within(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            capsys.readouterr()
            softmax_on_one_unit().fit(
                X, Y > 0, verbose=0, callbacks=[ZeroAccuracyCallback(tmp_path)]
            )
            assert "ZA301" in capsys.readouterr().out, "the latest session is that one"

    model, within = mlp(), Within()
    with pytest.warns(UserWarning, match="softmax over axis"):
        model.fit(X, Y, verbose=0, callbacks=[ZeroAccuracyCallback(tmp_path), within])
    headline, _ = lines_of(capsys.readouterr().out)
    assert "ZA301" not in headline
    assert "ZA301" in {f.code for f in diagnose(str(tmp_path))[0].findings}


class TestOnDefinite:
    """What a fault beyond doubt does to training."""

    def fit(self, tmp_path: Path, model: keras.Model, **asked: Any) -> keras.callbacks.History:
        callback = ZeroAccuracyCallback(tmp_path, verbose=0, **asked)
        return model.fit(X, Y, batch_size=8, epochs=5, verbose=0, callbacks=[callback])

    def logits(self) -> keras.Model:
        """Its fault shows in the first batch, not in the contract alone."""
        model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(3)])
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    def test_training_goes_on_by_default(self, tmp_path: Path) -> None:
        assert len(self.fit(tmp_path, self.logits()).epoch) == 5

    def test_it_stops_after_the_step_that_showed_it(self, tmp_path: Path) -> None:
        model = self.logits()
        assert len(self.fit(tmp_path, model, on_definite="stop").epoch) == 1
        assert int(model.optimizer.iterations.numpy()) == 1
        assert read(tmp_path).end().how == "stopped"

    def test_it_raises_a_sentence_with_the_cause(self, tmp_path: Path) -> None:
        with pytest.raises(DefiniteFaultError, match=r"^ZA303 .* More: zeroacc diagnose"):
            self.fit(tmp_path, self.logits(), on_definite="raise")

    def test_a_healthy_training_is_left_alone(self, tmp_path: Path) -> None:
        assert len(self.fit(tmp_path, mlp(), on_definite="raise").epoch) == 5

    def test_another_word_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="`on_definite` must be 'warn', 'raise' or 'stop'"):
            ZeroAccuracyCallback(tmp_path, on_definite="ignore")  # type: ignore[arg-type]


class TestOnVerdict:
    """A function of the user's own hears of each change."""

    def test_each_change_once(self, tmp_path: Path) -> None:
        heard: list[Any] = []
        callback = ZeroAccuracyCallback(tmp_path, verbose=0, on_verdict=heard.append)
        model = TestOnDefinite().logits()
        model.fit(X, Y, epochs=6, verbose=0, callbacks=[callback])
        said = [(v.outcome, [(f.code, f.tier) for f in v.findings]) for v in heard]
        assert heard[0].findings[0].code == "ZA303"
        assert all(before != after for before, after in pairwise(said))
        assert heard[-1].headline == diagnose(str(tmp_path))[0].headline

    def test_its_errors_do_not_reach_training(self, tmp_path: Path) -> None:
        def broken(verdict: Any) -> None:
            raise OSError("no network")

        callback = ZeroAccuracyCallback(tmp_path, verbose=0, on_verdict=broken)
        with pytest.warns(RuntimeWarning, match=r"calls of `on_verdict`.*no network"):
            history = mlp().fit(X, Y, epochs=3, verbose=0, callbacks=[callback])
        assert len(history.epoch) == 3
