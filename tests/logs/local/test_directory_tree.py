"""A tree that is looked at again shows what one that is looked at for the first time does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tb_zeroacc.logs.local import directory_tree
from tb_zeroacc.logs.local.directory_tree import LASTING, DirectoryTree

Found = tuple[str, str, int]
LATER = 3600 * 10**9  # nanoseconds: whatever was just written is old by then


class Clock:
    """The machine's, some time later."""

    def __init__(self, later: int = LATER) -> None:
        self.later = later

    def __call__(self) -> int:
        return time.time_ns() + self.later


def tree_of(root: Path, clock: Clock) -> DirectoryTree[Found]:
    def found(member: str, name: str, path: str, held: os.stat_result) -> Found:
        return member, name, held.st_size

    return DirectoryTree(str(root), found, lambda name: True, clock)


def written(root: Path) -> Path:
    for name in ("a/one", "a/two", "b/c/three", "four"):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (root / "b" / "link").symlink_to(root / "a" / "one")
    (root / "linked").symlink_to(root / "a")
    return root


def replaced(root: Path) -> None:
    (root / "new").write_text("of another length")
    (root / "new").replace(root / "a" / "one")


def turned(root: Path) -> None:
    (root / "linked").unlink()
    (root / "linked").symlink_to(root / "b" / "c")


CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda root: None,
    "a file is appended to": lambda root: (root / "a" / "one").write_text("more than before"),
    "a file is replaced": replaced,
    "a file is new": lambda root: (root / "b" / "c" / "five").write_text(""),
    "a file is gone": lambda root: (root / "a" / "one").unlink(),
    "a file is renamed": lambda root: (root / "a" / "one").rename(root / "a" / "other"),
    "a directory is new": lambda root: written(root / "a" / "below"),
    "a directory is renamed": lambda root: (root / "b").rename(root / "z"),
    "a directory has moved into another": lambda root: (root / "a").rename(root / "b" / "c" / "a"),
    "a link leads elsewhere": turned,
    "what a link leads to is gone": lambda root: (root / "a" / "one").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_is_seen(change: Callable[[Path], object], tmp_path: Path) -> None:
    written(tmp_path)
    tree = tree_of(tmp_path, Clock())
    before = [tree.files(), tree.files()]
    assert before[0] == before[1]
    time.sleep(0.03)  # beyond what a file system's clock tells apart
    change(tmp_path)
    assert sorted(tree.files()) == sorted(tree_of(tmp_path, Clock()).files())


def test_what_has_not_changed_is_the_very_same(tmp_path: Path) -> None:
    tree = tree_of(written(tmp_path), Clock())
    assert [*map(id, tree.files())] == [*map(id, tree.files())]


def listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories that are listed from now on."""
    listed: list[str] = []
    real = os.scandir
    monkeypatch.setattr(
        directory_tree.os, "scandir", lambda path: listed.append(path) or real(path)
    )
    return listed


def test_a_directory_is_listed_again_only_where_its_times_tell_too_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    listed, clock = listings(monkeypatch), Clock(later=0)
    tree = tree_of(tmp_path, clock)
    tree.files()
    tree.files()
    assert len(listed) == 6, "they were written a moment ago, and may be within that moment"
    clock.later = LATER
    tree.files()
    listed.clear()
    tree.files()
    assert listed == []
    clock.later += LASTING
    tree.files()
    assert sorted(listed) == [str(tmp_path), str(tmp_path / "a"), str(tmp_path / "b")]
    clock.later = 0
    listed.clear()
    tree.files()
    assert len(listed) == 3, "a clock that was set back promises nothing"


def test_a_file_system_that_keeps_no_times_of_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = directory_tree._state
    monkeypatch.setattr(
        directory_tree, "_state", lambda held: (*real(held)[:2], held.st_size * 0, 0, 0)
    )
    clock = Clock()
    tree = tree_of(tmp_path, clock)
    assert tree.files() == []
    (tmp_path / "a").write_text("abc")
    clock.later += LASTING
    assert tree.files() == [(".", "a", 3)], "within a minute"


def test_not_all_directories_are_listed_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (tmp_path / str(number)).mkdir()
    listed, clock = listings(monkeypatch), Clock()
    tree = tree_of(tmp_path, clock)
    tree.files()
    many = []
    for _ in range(20):
        listed.clear()
        clock.later += LASTING // 20
        tree.files()
        many.append(len(listed))
    assert max(many) <= 4
    assert sum(many) >= 41, "each of them within a minute"
