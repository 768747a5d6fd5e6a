"""Trainings as bytes, for another process or for a later one."""
