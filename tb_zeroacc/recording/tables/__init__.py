"""The tables of one sample, from what a step showed, whatever computes their statistics."""
