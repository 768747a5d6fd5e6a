"""Progress and the displayed time."""

from __future__ import annotations
