"""The workers of one job: which directories are theirs, and what becomes of a lane for each."""
