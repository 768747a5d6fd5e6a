from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tb_zeroacc.places import Place, places_below, places_from, places_of

HOME = str(Path.home())


@pytest.mark.parametrize(
    ("logdir", "spec", "expect"),
    [
        ("logs", None, [Place("logs")]),
        ("~/logs", None, [Place(f"{HOME}/logs")]),
        ("s3://bucket/logs", None, [Place("s3://bucket/logs")]),
        ("", "a:logs/a,b:/logs/b", [Place("logs/a", "a"), Place("/logs/b", "b")]),
        ("", "a:~/logs", [Place(f"{HOME}/logs", "a")]),
        ("", "/logs:odd", [Place("/logs:odd")]),
        ("", "logs", [Place("logs")]),
        ("", "gs://bucket/a", [Place("gs://bucket/a")]),
        ("", "a:gs://bucket/a", [Place("gs://bucket/a", "a")]),
        ("", "a:x, b:y,", [Place("x", "a"), Place("y", "b")]),
        ("", "", []),
        (None, None, []),
    ],
)
def test_places_are_read_as_tensorboard_reads_them(
    logdir: str | None, spec: str | None, expect: list[Place]
) -> None:
    assert list(places_of(logdir, spec)) == expect


def test_a_context_may_lack_everything() -> None:
    assert places_from(SimpleNamespace(logdir=None, flags=None)) == ()


def test_a_named_place_gives_its_name_to_its_own_training() -> None:
    assert Place("x", "a").training(".") == "a"
    assert Place("x", "a").member(".") == "a/."


@pytest.mark.parametrize(
    ("path", "expect"),
    [
        ("a", [Place("a")]),
        ("no", [Place("no")]),
        ("x:a,y:b", [Place("a", "x"), Place("b", "y")]),
        ("a,b", [Place("a"), Place("b")]),
        ("x:a,y:no", [Place("a", "x"), Place("no", "y")]),
        ("x:no", [Place("x:no")]),
        ("odd:name,a", [Place("odd:name,a")]),
        ("x:s3://bucket/a", [Place("s3://bucket/a", "x")]),
        ("s3://bucket/a:b,c", [Place("s3://bucket/a:b,c")]),
    ],
)
def test_a_path_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, expect: list[Place]
) -> None:
    for name in ("a", "b", "odd:name,a"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert list(places_below(path)) == expect
