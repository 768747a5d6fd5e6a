"""Architecture, initialisation, generalisation."""

from __future__ import annotations
