"""Learning rate, stagnation, end of training."""

from __future__ import annotations
