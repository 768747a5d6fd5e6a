"""Pure functions from a Run to a Diagnosis. Knows no file, no screen, no clock, no framework."""
