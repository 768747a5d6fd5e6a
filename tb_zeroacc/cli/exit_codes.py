"""What the command ends with."""

from __future__ import annotations

CLEAN, FOUND, USAGE, OUR_FAULT = 0, 1, 2, 70  # 70: EX_SOFTWARE of sysexits.h
