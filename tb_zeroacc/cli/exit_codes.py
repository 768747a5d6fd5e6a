"""What the command ends with."""

from __future__ import annotations

CLEAN, FOUND, USAGE = 0, 1, 2
OUR_FAULT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
