"""Programs that fail to learn, each with a mended twin: see `python -m demo --list`."""
