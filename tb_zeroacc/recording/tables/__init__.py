"""The tables of one sample, from what a step showed; no framework is needed."""
