"""Rows of bytes: bounded, whole or not there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tb_zeroacc.store.database import FILE, Database, Item


def item(name: str, size: int = 10) -> Item:
    return Item(name, b"h" * size, name.encode() * size)


def names(database: Database, place: str) -> list[str]:
    return sorted(row.name for row in database.rows(place))


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    database = Database(tmp_path, "1", 2**20)
    assert database.save("logs", [item("a"), item("b")])
    assert database.save("logs", [item("a", 20)])
    rows = {row.name: row for row in Database(tmp_path, "1", 2**20).rows("logs")}
    assert {name: (row.head, database.body(row)) for name, row in rows.items()} == {
        "a": (b"h" * 20, b"a" * 20), "b": (b"h" * 10, b"b" * 10),
    }  # fmt: skip
    assert Database(tmp_path, "2", 2**20).rows("logs") == []
    database.forget("logs", ["a"])
    assert names(database, "logs") == ["b"]
    assert database.body(rows["a"]) is None


def test_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1e9]
    monkeypatch.setattr("tb_zeroacc.store.database.time.time", lambda: clock[0])
    database = Database(tmp_path, "1", 1000)
    for place in ("old", "used", "new"):
        clock[0] += 1e4
        database.save(place, [item(f"{place}{n}", 30) for n in range(2)])
    clock[0] += 1e4
    database.mark_used("old")
    assert sum(len(names(database, place)) for place in ("old", "used", "new")) == 6
    for n in range(3):
        clock[0] += 1e4
        database.save("newest", [item(f"x{n}", 80)])
        held = database._run("SELECT sum(bytes) FROM training")[0][0]
        assert held <= 1000, "the store is larger than its limit"
    assert names(database, "used") == [], "what was not used for longest goes first"
    assert names(database, "newest") == ["x0", "x1", "x2"]


def test_one_row_that_is_damaged_takes_no_other_with_it(tmp_path: Path) -> None:
    database = Database(tmp_path, "1", 2**20)
    database.save("logs", [item("a"), item("b"), item("c")])
    database._run("UPDATE training SET head = ? WHERE name = 'a'", (b"x",))
    rows = {row.name: row for row in database.rows("logs")}
    assert sorted(rows) == ["b", "c"]
    database._run("UPDATE body SET content = ? WHERE id = ?", (b"x", rows["b"].number))
    assert [database.body(rows[name]) for name in "bc"] == [None, b"c" * 10]


@pytest.mark.parametrize("statement", [
    "PRAGMA user_version = 99", "DROP TABLE body", "ALTER TABLE training RENAME TO trainings",
])  # fmt: skip
def test_another_layout_is_begun_anew(statement: str, tmp_path: Path) -> None:
    Database(tmp_path, "1", 2**20).save("logs", [item("a")])
    connection = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    connection.execute(statement)
    connection.close()
    database = Database(tmp_path, "1", 2**20)
    assert database.rows("logs") == []
    assert database.save("logs", [item("a")])
    assert names(Database(tmp_path, "1", 2**20), "logs") == ["a"]


def test_while_another_process_writes_nothing_waits_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tb_zeroacc.store.database.PATIENCE", 0.01)
    first, second = Database(tmp_path, "1", 2**20), Database(tmp_path, "1", 2**20)
    first.save("logs", [item("a")])
    with first._writing():
        assert names(second, "logs") == ["a"]
        assert not second.save("logs", [item("b")])
    assert second.save("logs", [item("b")])
    assert names(first, "logs") == ["a", "b"]
