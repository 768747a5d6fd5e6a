"""What output and loss agreed on."""

from __future__ import annotations
