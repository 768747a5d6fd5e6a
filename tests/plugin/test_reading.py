"""The reading behind the tab: what it names, and when it counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

from tb_zeroacc.errors import UnreachablePathError
from tb_zeroacc.logs.followed_file import Amount
from tb_zeroacc.places import Place, places_of
from tb_zeroacc.plugin import reading
from tb_zeroacc.plugin.reading import BackgroundReading, View
from tb_zeroacc.pool import dealing, shares
from tb_zeroacc.verdict import Reader, Reading
from tests.logs.written import curve, write
from tests.plugin.conftest import verdict


def read_again(source: BackgroundReading) -> View:
    source.view()
    return source.wait()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PAUSE", 0.0)


def test_two_unnamed_places_with_trainings_of_one_name(tmp_path: Path) -> None:
    for place, losses in (("p", [5.0, 4.0]), ("q", [3.0])):
        write(tmp_path / place / "same", curve("loss", losses))
    view = read_again(BackgroundReading(places_of(None, f"{tmp_path / 'p'},{tmp_path / 'q'}")))
    runs = [json.loads(shown.whole) for shown in view.trainings.values()]
    assert [run["run"] for run in runs] == ["same", "same (2)"]
    lengths = [len(shown.run.curves[0].series) for shown in view.trainings.values()]
    assert lengths == [2, 1], "each name leads to its own curves"


def test_a_reading_that_ends_while_it_is_asked_for_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a", curve("loss", [5.0, 4.0]))
    source = BackgroundReading(places_of(str(tmp_path), None))

    def ended(reading: BackgroundReading) -> bool:
        reading.wait()
        return False

    monkeypatch.setattr(BackgroundReading, "refreshing", property(ended))
    view, refreshing = source.look()
    assert (list(view.trainings), refreshing) == (["a"], False)


def test_a_reading_that_finds_nothing_new_is_the_same_state(tmp_path: Path) -> None:
    write(tmp_path / "a", curve("loss", [5.0, 4.0]), 1)
    write(tmp_path / "b", curve("loss", [5.0, 4.0]), 1)
    source = BackgroundReading(places_of(str(tmp_path), None))
    first = read_again(source)
    assert read_again(source) is first
    write(tmp_path / "a", curve("loss", [3.0], first=7), 2)
    later = read_again(source)
    assert later.number == first.number + 1
    assert later.trainings["a"].whole != first.trainings["a"].whole
    assert later.trainings["b"] is first.trainings["b"], "nothing was appended to it"


def test_a_csv_file_that_grows_is_followed(tmp_path: Path) -> None:
    file = tmp_path / "a" / "metrics.csv"
    file.parent.mkdir()
    file.write_text("epoch,loss\n0,5.0\n1,4.0\n")
    source = BackgroundReading(places_of(str(tmp_path), None))
    first = read_again(source)
    assert read_again(source) is first
    with file.open("a") as end:
        end.write("2,3.0\n3,")
    shown = read_again(source).trainings["a"]
    curve_of_losses = shown.curve("a", "loss")
    assert curve_of_losses is not None
    assert curve_of_losses.series.values.tolist() == [5.0, 4.0, 3.0]
    assert shown.run.members == (), "TensorBoard lists no run for it"


def test_what_was_read_of_a_place_stays_while_it_cannot_be_reached(tmp_path: Path) -> None:
    write(tmp_path / "there", curve("loss", [5.0, 4.0]))

    class Elsewhere(Reader):
        is_gone = True

        def refreshing(self, now: float | None = None) -> Iterator[list[Reading]]:
            if self.is_gone:
                raise UnreachablePathError("It gives no answer.")
            return super().refreshing(now)

    source = BackgroundReading(places_of(str(tmp_path), None), Elsewhere)
    for is_gone, shown, errors in (
        (True, [], ("It gives no answer.",)),
        (False, ["there"], ()),
        (True, ["there"], ("It gives no answer.",)),
        (False, ["there"], ()),
    ):
        Elsewhere.is_gone = is_gone
        view = read_again(source)
        assert (list(view.trainings), view.errors) == (shown, errors)


def test_it_is_told_how_many_are_read_of_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trainings, not directories; before the first verdict, too; and none once all are there."""
    for place in ("p", "q"):
        for name in ("a/train", "a/validation", "b", "c/rank0", "c/rank1", "c/rank2"):
            write(tmp_path / place / name, curve("loss", [5.0, 4.0]))
    monkeypatch.setattr(dealing, "LONG", 0.0)
    monkeypatch.setattr(shares, "FIRST", 0.0)
    monkeypatch.setattr(shares, "SHARE", 0.0)
    monkeypatch.setattr(dealing, "processes_for", lambda units: 0)
    monkeypatch.setattr(reading, "SHOWN", 0.0)
    monkeypatch.setattr(reading, "LEISURE", 0.0)
    told: list[tuple[int, int | None]] = []

    class Watched(Reader):
        def refreshing(self, now: float | None = None) -> Iterator[list[Reading]]:
            for readings in super().refreshing(now):
                yield readings
                view = source.view()
                told.append((len(view.trainings), view.expected))

    source = BackgroundReading(places_of(None, f"{tmp_path / 'p'},{tmp_path / 'q'}"), Watched)
    last = read_again(source)
    assert told == [
        (0, None), (1, None), (2, None), (3, None), (3, 6), (4, 6), (5, 6), (6, 6),
    ]  # fmt: skip
    assert (len(last.trainings), last.expected, last.complete) == (6, None, True)


def test_verdicts_are_shown_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SHOWN", 0.0)
    source: BackgroundReading
    shown: list[tuple[list[str], bool]] = []
    tags: set[int] = set()

    class Coming:
        """Reads `b`, then `a`; `c` is known only in the end."""

        unread, amount = (), Amount()
        expected = 3
        readings = MappingProxyType({name: verdict(name) for name in "abc"})

        def refreshing(self, now: float | None) -> Iterator[list[Reading]]:
            for name in ("b", "a"):
                yield [self.readings[name]]
                view = source.view()
                shown.append((list(view.trainings), view.complete))
                tags.add(view.number)

        def state(self, now: float | None) -> list[Reading]:
            return list(self.readings.values())

    source = BackgroundReading((Place("logs"),), lambda _: Coming())
    monkeypatch.setattr(reading, "LEISURE", 0.0)
    last = read_again(source)
    assert shown == [(["b"], False), (["a", "b"], False)]
    assert (list(last.trainings), last.complete) == (["a", "b", "c"], True)
    assert len({*tags, last.number}) == 3, "a browser tells them apart"
    shown.clear()
    read_again(source)
    assert shown == [(["a", "b", "c"], True)] * 2, "only the first reading is shown in pieces"


def test_a_server_that_does_not_answer_keeps_no_file_waiting() -> None:
    source: BackgroundReading
    meanwhile: list[str] = []

    class Reads:
        unread, amount, expected = (), Amount(), 0

        def __init__(self, path: str) -> None:
            self.path = path

        def refreshing(self, now: float | None) -> Iterator[list[Reading]]:
            if "://" in self.path:
                meanwhile.extend(source.view().trainings)
            yield []

        def state(self, now: float | None) -> list[Reading]:
            return [verdict(Path(self.path).name)]

    source = BackgroundReading((Place("s3://far/a"), Place("/here/b")), Reads)
    last = read_again(source)
    assert meanwhile == ["b"], "it is shown while the server is waited for"
    assert list(last.trainings) == ["a", "b"], "in the order that was given"
