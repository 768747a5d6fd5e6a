"""Logs to Runs: framing, decoding, discovery, grouping, sessions, following growth."""

from tb_zeroacc.logs.reader import LogReader, read_runs

__all__ = ["LogReader", "read_runs"]
