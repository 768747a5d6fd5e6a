"""The store as a file of SQLite: rows of bytes, each with its checksum.

Nothing here is worth an error: a file that is broken, or of another layout, is begun anew; one that
is locked, read-only or full is left alone. Several processes may use it at once.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from tb_zeroacc.store.location import FILE

log = logging.getLogger(__name__)
T = TypeVar("T")

LAYOUT = 1  # rises with every change of the tables
PATIENCE = 2.0  # seconds to wait for another process that writes
PAGE = 16384  # bytes: bodies are some hundred KB
USED_ANEW = 3600.0  # seconds: a look at a place is written down no more often
KEPT_FREE = 0.1  # of the limit: so much is made room for at once

_TABLES = """
CREATE TABLE place (
    id INTEGER PRIMARY KEY, version TEXT NOT NULL, name TEXT NOT NULL, used REAL NOT NULL,
    UNIQUE (version, name));
CREATE TABLE training (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place INTEGER NOT NULL, name TEXT NOT NULL,
    saved REAL NOT NULL, bytes INTEGER NOT NULL, checksum INTEGER NOT NULL,
    body_checksum INTEGER NOT NULL, head BLOB NOT NULL,
    UNIQUE (place, name));
CREATE TABLE body (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""
INSERTED = """
INSERT INTO training (place, name, saved, bytes, checksum, body_checksum, head)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class Row(NamedTuple):
    """The head of one training; its body is asked for by the number, which is never used again."""

    number: int
    name: str
    head: bytes
    body_checksum: int


class Item(NamedTuple):
    """One training to be stored."""

    name: str
    head: bytes
    body: bytes


class Database:
    """An open store.

    Args:
        directory: Where its file lies.
        version: Of whatever reads and judges: rows of others are not seen.
        limit: Bytes that all rows may take.

    Raises:
        sqlite3.Error: It cannot be used.
        OSError: As above.
    """

    def __init__(self, directory: Path, version: str, limit: int) -> None:
        self._version, self._limit = version, limit
        self._lock = Lock()
        self._file = directory / FILE
        try:
            self._connection = _opened(self._file)
        except sqlite3.DatabaseError as fault:
            if not _is_broken(fault):
                raise
            log.debug("The store %s is begun anew: %s", self._file, fault)
            _remove(self._file)
            self._connection = _opened(self._file)

    def rows(self, place: str) -> list[Row]:
        """The trainings of a place whose heads are whole; none where it cannot be read."""
        return self._safely(lambda: list(self._rows(place)), [])

    def mark_used(self, place: str) -> None:
        """Has the rows of a place stay where others have to make room."""
        stale = "SELECT 1 FROM place WHERE version = ? AND name = ? AND used < ?"
        values = (self._version, place, time.time() - USED_ANEW)
        nothing: list[tuple[Any, ...]] = []
        if self._safely(lambda: self._run(stale, values), nothing):
            self._safely(lambda: self._place(place), 0)

    def _rows(self, place: str) -> Iterator[Row]:
        asked = (
            "SELECT t.id, t.name, t.head, t.checksum, t.body_checksum FROM training t "
            "JOIN place p ON t.place = p.id WHERE p.version = ? AND p.name = ?"
        )
        for number, name, head, checksum, body in self._run(asked, (self._version, place)):
            if isinstance(head, bytes) and zlib.crc32(head) == checksum:
                yield Row(number, name, head, body)

    def body(self, row: Row) -> bytes | None:
        """The body that belongs to a head; None where it is gone, or not whole."""
        asked = "SELECT content FROM body WHERE id = ?"
        nothing: list[tuple[Any, ...]] = []
        found = self._safely(lambda: self._run(asked, (row.number,)), nothing)
        content = found[0][0] if found else None
        is_whole = isinstance(content, bytes) and zlib.crc32(content) == row.body_checksum
        return content if is_whole else None

    def save(self, place: str, items: Sequence[Item]) -> bool:
        """Stores trainings of a place in place of what was known of them; False where it cannot."""
        return self._safely(lambda: self._save(place, items), False)

    def _save(self, place: str, items: Sequence[Item]) -> bool:
        with self._writing():
            now, at = time.time(), self._place(place)
            for name, head, body in items:
                self._forget("place = ? AND name = ?", (at, name))
                checksums = zlib.crc32(head), zlib.crc32(body)
                told = (at, name, now, len(head) + len(body), *checksums, head)
                number = self._connection.execute(INSERTED, told).lastrowid
                self._run("INSERT INTO body VALUES (?, ?)", (number, body))
            self._make_room()
        return True

    def forget(self, place: str, names: Collection[str]) -> None:
        """Forgets trainings of a place."""

        def forget() -> None:
            with self._writing():
                at = self._place(place)
                for name in names:
                    self._forget("place = ? AND name = ?", (at, name))

        self._safely(forget, None)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def _place(self, name: str) -> int:
        """The number of a place, which is marked as used now."""
        ((number,),) = self._run(
            "INSERT INTO place (version, name, used) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET used = excluded.used RETURNING id",
            (self._version, name, time.time()),
        )
        return int(number)

    def _make_room(self) -> None:
        """Has the oldest rows go: of the places that were not used for longest, first."""
        ((held,),) = self._run("SELECT coalesce(sum(bytes), 0) FROM training")
        if held <= self._limit:
            return
        surplus = held - self._limit * (1 - KEPT_FREE)
        asked = (
            "SELECT t.id, t.bytes FROM training t JOIN place p ON t.place = p.id "
            "ORDER BY p.used, t.saved, t.id"
        )
        for number, size in list(self._run(asked)):
            if surplus <= 0:
                break
            self._forget("id = ?", (number,))
            surplus -= size
        self._run("DELETE FROM place WHERE id NOT IN (SELECT place FROM training)")

    def _forget(self, which: str, values: tuple[object, ...]) -> None:
        self._run(f"DELETE FROM body WHERE id IN (SELECT id FROM training WHERE {which})", values)
        self._run(f"DELETE FROM training WHERE {which}", values)

    def _run(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _safely(self, do: Callable[[], T], otherwise: T) -> T:
        """Does something by one thread at a time; whatever fails, nothing was there."""
        with self._lock:
            try:
                return do()
            except sqlite3.Error as fault:
                log.debug("The store could not be used: %s", fault)
                if _is_broken(fault):
                    self._begin_anew()
            return otherwise

    def _begin_anew(self) -> None:
        self._connection.close()
        _remove(self._file)
        with suppress(sqlite3.Error):
            self._connection = _opened(self._file)


def _opened(file: Path) -> sqlite3.Connection:
    """A connection to a file with our tables.

    Raises:
        sqlite3.DatabaseError: It is none of ours; an `OperationalError` where it cannot be told.
    """
    if not file.exists():
        file.touch(mode=0o600)
    if hasattr(os, "geteuid") and file.stat().st_uid != os.geteuid():
        raise sqlite3.OperationalError("it belongs to another user")
    connection = sqlite3.connect(
        file, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        ((layout,),) = connection.execute("PRAGMA user_version").fetchall()
        if layout not in (0, LAYOUT):
            raise sqlite3.DatabaseError(f"its layout is {layout}")
        if layout == 0:
            connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if layout == 0:
            _lay_out(connection)
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        if not {"place", "training", "body"} <= {name for (name,) in found}:
            raise sqlite3.DatabaseError("it lacks tables")
    except BaseException:
        connection.close()
        raise
    return connection


def _lay_out(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        ((layout,),) = connection.execute("PRAGMA user_version").fetchall()
        if layout == 0:  # no other process was faster
            if connection.execute("SELECT 1 FROM sqlite_master").fetchall():
                raise sqlite3.DatabaseError("it holds tables of something else")
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _is_broken(fault: sqlite3.Error) -> bool:
    """Whether the file is none of ours, or damaged; not where it is locked, read-only or full."""
    return type(fault) is sqlite3.DatabaseError


def _remove(file: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
