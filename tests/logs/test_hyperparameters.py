"""Hyperparameters beside curves: of TensorBoard's HParams, of Lightning and of a Trainer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tensorboard.plugins.hparams import plugin_data_pb2

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.hyperparameters import MAX_SIZE, START_TAG, hyperparameters_of, of_plugin
from tb_zeroacc.logs.text_logs import hparams_yaml
from tb_zeroacc.run import Hyperparameters
from tests.logs.written import BEGIN, Value, curve, event, only, write

LIGHTNING = """
lr: 1e-4
optimizer: torch.optim.AdamW
batch_size: 32
model:
  num_classes: 10
  callback: !!python/object:some.module.Thing
    lr: 5.0
trainer: {max_epochs: 20}
"""
WANTED = Hyperparameters(1e-4, "AdamW", 32, 10, 20, "hparams.yaml")

NAMED = {
    "usual names": ({"lr": 0.1, "opt": "sgd", "bs": 8.0, "n_classes": 2, "epochs": 5},
                    Hyperparameters(0.1, "sgd", 8, 2, 5, "x")),
    "paths": ({"optimizer/learning_rate": 0.1, "data.batch_size": "16"},
              Hyperparameters(0.1, batch_size=16, source="x")),
    "the same twice": ({"lr": 0.1, "optimizer.lr": 0.1}, Hyperparameters(0.1, source="x")),
    "two rates": ({"generator.lr": 0.1, "discriminator.lr": 0.2, "epochs": 3},
                  Hyperparameters(epochs=3, source="x")),
    "no numbers": ({"lr": "auto", "batch_size": "big", "epochs": None, "num_classes": True}, None),
    "no counts": ({"batch_size": 0, "epochs": -1, "num_classes": 2.5}, None),
    "no rates": ({"lr": float("nan"), "learning_rate": float("inf"), "base_lr": 0.0}, None),
    "an optimizer that is no name": ({"optimizer": "Adam (lr: 0.1)"}, None),
    "other names": ({"dropout": 0.1, "seed": 1}, None),
    "huge": ({"epochs": 10**400, "batch_size": 1e300}, None),
}  # fmt: skip


@pytest.mark.parametrize(("named", "want"), NAMED.values(), ids=NAMED)
def test_what_names_tell(named: dict[str, object], want: Hyperparameters | None) -> None:
    assert hyperparameters_of(named.items(), "x") == want


# --- TensorBoard's HParams ----------------------------------------------------------------------


def hparams(**named: float | str | bool) -> Value:
    """The start of a session, as PyTorch, Keras and Lightning write it: without a value."""
    data = plugin_data_pb2.HParamsPluginData(version=0)
    for name, value in named.items():
        held = data.session_start_info.hparams[name]
        if isinstance(value, bool):
            held.bool_value = value
        elif isinstance(value, str):
            held.string_value = value
        else:
            held.number_value = value
    found = Value(tag=START_TAG)
    found.metadata.plugin_data.plugin_name = "hparams"
    found.metadata.plugin_data.content = data.SerializeToString()
    return found


SET = {"lr": 0.1, "optimizer": "Adam", "shuffle": True}


def test_in_the_file_of_the_curves(tmp_path: Path) -> None:
    write(tmp_path, [event(0, hparams(**SET)), *curve("loss", [2.0, 1.0])])
    run = only(tmp_path)
    assert run.hyperparameters == Hyperparameters(0.1, "Adam", source="HParams record")
    assert run.notes == (
        "Set for this training, by its HParams record: learning rate 0.1, optimizer Adam.",
    )
    assert [c.tag for c in run.curves] == ["loss"]


def test_in_the_directory_that_pytorch_makes_for_them(tmp_path: Path) -> None:
    write(tmp_path, curve("loss", [2.0, 1.0]))
    write(tmp_path / "1700000000.123", [event(0, hparams(**SET)), *curve("hp_metric", [0.5])])
    run = only(tmp_path)
    assert run.name == "."
    assert run.hyperparameters.learning_rate == 0.1


def test_those_of_an_earlier_session_are_none(tmp_path: Path) -> None:
    write(tmp_path, [event(0, hparams(lr=0.1)), *curve("loss", [3.0, 2.0, 1.0])], 1)
    write(tmp_path, curve("loss", [3.0, 2.0, 1.0], begin=BEGIN + 100), 2)
    assert only(tmp_path).hyperparameters == Hyperparameters()


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff", b"\x00" * (MAX_SIZE + 1)])
def test_a_record_that_is_none(content: bytes) -> None:
    assert of_plugin(content) is None


# --- hparams.yaml -------------------------------------------------------------------------------


def lightning(path: Path, text: str | bytes) -> Path:
    path.mkdir(exist_ok=True)
    (path / "hparams.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_of_lightning_beside_event_files(tmp_path: Path) -> None:
    write(lightning(tmp_path / "version_0", LIGHTNING), curve("train_loss", [2.0, 1.0]))
    run = only(tmp_path)
    assert (run.name, run.members) == ("version_0", ("version_0",))
    assert run.hyperparameters == WANTED
    assert run.state == "unknown"
    assert not run.damaged


def test_of_lightning_beside_a_table(tmp_path: Path) -> None:
    (lightning(tmp_path, LIGHTNING) / "metrics.csv").write_text("epoch,loss\n0,2\n1,1\n")
    assert only(tmp_path).hyperparameters == WANTED


def test_it_says_nothing_of_when_training_ran(tmp_path: Path) -> None:
    write(lightning(tmp_path, LIGHTNING), curve("loss", [2.0, 1.0]))
    (tmp_path / "hparams.yaml").touch()
    assert only(tmp_path, BEGIN + 400).state == "unknown"


def test_one_of_no_training_is_no_log(tmp_path: Path) -> None:
    write(tmp_path / "a", curve("loss", [2.0, 1.0]))
    lightning(tmp_path / "b", LIGHTNING)
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert [run.name for run in reader.runs()] == ["a"]
    assert reader.runs()[0].hyperparameters == Hyperparameters()
    assert reader.unread == []
    for path in (tmp_path / "b", tmp_path / "b" / "hparams.yaml"):
        with pytest.raises(UnreadablePathError, match="it holds hyperparameters alone"):
            read_runs(str(path))


def test_one_that_comes_later_is_read(tmp_path: Path) -> None:
    write(tmp_path, curve("loss", [2.0, 1.0]))
    reader = LogReader(str(tmp_path))
    reader.refresh()
    assert reader.runs()[0].hyperparameters == Hyperparameters()
    lightning(tmp_path, "lr: 0.5\n")
    reader.refresh()
    assert reader.runs()[0].hyperparameters.learning_rate == 0.5


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
MERGED = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{before}'] * 9)}]}}\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
ODD = {
    "no YAML": b"lr: [0.1\n",
    "no text": b"\xff\xfe\x00lr",
    "nested without end": b"[" * 50_000,
    "an unknown anchor": b"lr: *nothing\n",
    "too large": b"lr: 0.1\n" + b"# x\n" * hparams_yaml.MAX_SIZE,
    "two documents": b"lr: 0.1\n---\nlr: 0.2\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_cannot_be_read_is_a_note(text: bytes, tmp_path: Path) -> None:
    write(lightning(tmp_path, text), curve("loss", [2.0, 1.0]))
    run = only(tmp_path)
    (note,) = run.notes
    assert note.startswith("`hparams.yaml` is ")
    assert note.endswith("; its hyperparameters were left out.")
    assert not run.damaged
    assert run.hyperparameters == Hyperparameters()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    ["", "null", "- a\n- b\n", "just text", "? [a, b]\n: c\n", BOMB, MERGED,
     "!!python/object:a.B {}"],
    ids=["empty", "null", "list", "text", "odd key", "bomb", "merged bomb", "object"],
)  # fmt: skip
def test_what_holds_none_is_read_past(text: str, tmp_path: Path) -> None:
    write(lightning(tmp_path, text + "\n"), curve("loss", [2.0, 1.0]))
    run = only(tmp_path)
    assert (run.hyperparameters, run.notes) == (Hyperparameters(), ())


# --- trainer_state.json -------------------------------------------------------------------------


def test_of_a_trainer(tmp_path: Path) -> None:
    state = {"num_train_epochs": 3, "train_batch_size": 8,
             "log_history": [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}]}  # fmt: skip
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    want = Hyperparameters(batch_size=8, epochs=3, source="trainer_state.json")
    assert only(tmp_path).hyperparameters == want
