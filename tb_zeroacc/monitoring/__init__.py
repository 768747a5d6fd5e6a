"""Trainings watched while they run: what changed, told where it is heard."""
