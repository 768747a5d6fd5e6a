"""The `zeroacc` command."""

from __future__ import annotations

import os


def main() -> None:
    """Entry point of the `zeroacc` script."""
    # Nothing here multiplies large matrices, and NumPy's threads take long to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from tb_zeroacc.cli.app import run

    run()


__all__ = ["main"]
