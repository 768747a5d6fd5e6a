"""A log directory with all that is awkward to read in pieces, and what is told of it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from tb_zeroacc import facts
from tb_zeroacc.encoding import runs_json
from tb_zeroacc.verdict import Reader
from tests.logs.written import BEGIN, curve, event, fact, sample, simple, start, write

NOW = BEGIN + 400.0
STORED = Path(__file__).parent / "stored" / "version_1"


def awkward(path: Path) -> Path:
    """A log directory with all that belongs together for other reasons than its name."""
    losses = [5.0, 4.0, 3.0]
    write(path / "keras" / "train", curve("epoch_loss", losses))
    write(path / "keras" / "validation", curve("epoch_loss", losses[::-1]))
    write(path / "twice", curve("loss", losses), 1)
    write(path / "twice", curve("loss", [9.0, 8.0]), 2)
    write(path / "diverged", curve("loss", [1.0, 1e3, 1e9, float("nan")] * 8))
    write(path / "scalars", curve("accuracy", [0.1, 0.2]))
    for name in ("loss_train", "loss_val"):  # as `add_scalars` writes: tags tell
        write(path / "scalars" / name, curve("loss", losses))
        write(path / name, curve("loss", losses))
    write(path, curve("accuracy", [0.1, 0.2]))
    live = [event(i, simple("loss", 1.0 / (i + 1)), time=BEGIN + 390 + i) for i in range(9)]
    write(path / "live", live)
    write(path / "recorded" / "zeroacc", [
        start("x", BEGIN), *(sample(i, "loss", [[1.0 / (i + 1)] * 3], names=i == 0)
                             for i in range(3)),
        fact(3, facts.End("completed", 3), BEGIN),
    ])  # fmt: skip
    write(path / "header", [])
    (path / "broken").mkdir()
    (path / "broken" / "events.out.tfevents.1.host").write_bytes(b"nothing of a log" * 9)
    file = write(path / "damaged", curve("loss", losses * 9))
    file.write_bytes(file.read_bytes()[:-99] + b"x" * 80)
    (path / "text").mkdir()
    (path / "text" / "metrics.csv").write_text("epoch,loss\n0,5.0\n1,4.0\n")
    (path / "keras" / "log.csv").write_text("epoch,loss,accuracy\n0,5.0,0.5\n1,4.0,0.6\n")
    (path / "twice" / "hparams.yaml").write_text("lr: 0.1\n")
    shutil.copytree(STORED, path / "stored")
    for file in path.rglob("*"):
        written = NOW - 10.0 if "live" in str(file) else BEGIN
        os.utime(file, (written, written))
    return path


def append(path: Path) -> None:
    """What is followed grows, what was taken to have ended does after all, and more is new."""
    later = [event(i, simple("loss", 1.0), time=BEGIN + 395 + i) for i in range(20, 24)]
    for name in ("live", "twice"):
        file = next(iter(sorted((path / name).glob("*tfevents*"), reverse=True)))
        more = write(path / "new", later, 7)
        file.write_bytes(file.read_bytes() + more.read_bytes())
    write(path / "keras" / "validation", curve("epoch_loss", [1.0, 0.5], first=3), 3)
    write(path / "newer" / "train", curve("loss", [3.0, 2.0]), 1)
    shutil.rmtree(path / "diverged")


def said(reader: Reader, now: float | None) -> tuple[bytes, list[str], list[object]]:
    """All that is told of a log directory."""
    reader.refresh(now)
    readings = reader.state(now)
    curves = [
        (c.member, c.tag, c.series.count, c.series.steps.tobytes(), c.series.values.tobytes())
        for reading in readings for c in reading.run.curves
    ]  # fmt: skip
    return json.dumps(runs_json(readings)).encode(), reader.unread, curves
