"""A store of the test's own, which every directory is large enough for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_zeroacc import verdict
from tb_zeroacc.store import location


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it lies; it is made with the first reading."""
    where = tmp_path / "store"
    monkeypatch.setenv(location.VARIABLE, str(where))
    monkeypatch.setattr(verdict, "WORTH_STORING", 0.0)
    return where
