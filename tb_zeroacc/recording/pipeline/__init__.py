"""Taps of an input pipeline, whatever it is made of, and what a recording keeps of them."""
