"""What the metric can see."""

from __future__ import annotations
