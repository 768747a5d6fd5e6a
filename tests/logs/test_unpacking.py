"""Event files that were compressed when they were put away."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs import LogReader, read_runs
from tb_zeroacc.logs.trust import unpacking
from tests.logs.written import curve, encoded, only, points

LOG = encoded(curve("loss", [5.0, 4.0, 3.0, 2.0, 1.0]))
MORE = encoded(curve("loss", [0.5, 0.25], first=5))


def put(folder: Path, content: bytes) -> Path:
    file = folder / "events.out.tfevents.1700000000.host.gz"
    file.write_bytes(content)
    return file


PACKED = {
    "one": (gzip.compress(LOG), 5),
    "two, one behind the other": (gzip.compress(LOG) + gzip.compress(MORE), 7),
    "cut off": (gzip.compress(LOG, compresslevel=0)[:-40], 4),
}


@pytest.mark.parametrize(("content", "count"), PACKED.values(), ids=PACKED)
def test_it_is_read_as_any_other(tmp_path: Path, content: bytes, count: int) -> None:
    file = put(tmp_path, content)
    for path in (tmp_path, file):
        run = only(path)
        assert len(points(run, "loss")) == count
        assert run.damaged is (count < 5)


def test_one_that_was_packed_again_goes_on(tmp_path: Path) -> None:
    put(tmp_path, gzip.compress(LOG))
    reader = LogReader(str(tmp_path))
    for content, count in ((LOG, 5), (LOG + MORE, 7), (MORE, 2)):
        put(tmp_path, gzip.compress(content))
        reader.refresh()
        (run,) = reader.runs()
        assert run.curves[0].series.count == count


REFUSED = {
    "not compressed": (LOG, "it is not compressed, or damaged"),
    "damaged": (gzip.compress(LOG)[:30] + b"####" + gzip.compress(LOG)[34:], "or damaged"),
    "a gigabyte of zeros": (gzip.compress(bytes(2000)), "it holds more than 0 MiB"),
    "too large": (gzip.compress(LOG, compresslevel=0) * 5, "it is larger than 0 MiB"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED)
def test_one_that_cannot_be_unpacked_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, why: str
) -> None:
    monkeypatch.setattr(unpacking, "MAX_SIZE", 1000)
    put(tmp_path, content)
    with pytest.raises(UnreadablePathError, match=f"could not be read: .*{why}"):
        read_runs(str(tmp_path))
