"""Logs that are text: CSV tables and the `trainer_state.json` of Hugging Face's Trainer.

Each becomes the same `FileContents` as an event file, so that sessions, roles and verdicts know no
difference; they hold no wall time, for which the file's own stands, and no model.
"""
