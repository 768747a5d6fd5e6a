"""The `zeroacc` command."""

from __future__ import annotations


def main() -> None:
    """Entry point of the `zeroacc` script."""
    from tb_zeroacc.cli.app import run

    run()


__all__ = ["main"]
