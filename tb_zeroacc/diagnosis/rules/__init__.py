"""One rule a file, found by its code: `za704_stuck_at_chance.py`."""
