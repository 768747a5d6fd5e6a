"""What the command ends with."""

from __future__ import annotations

CLEAN, FOUND, USAGE = 0, 1, 2
HOPELESS = 3  # of `watch --exit-on`
OUR_FAULT = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED, TERMINATED = 130, 143  # 128 and the number of the signal, as shells have it
