"""Input data."""

from __future__ import annotations
