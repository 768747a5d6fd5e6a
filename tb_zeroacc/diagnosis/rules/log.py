"""The log itself: whether there is anything to judge."""

from __future__ import annotations
