"""Labels and targets."""

from __future__ import annotations
