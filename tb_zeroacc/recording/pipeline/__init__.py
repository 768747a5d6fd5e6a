"""What passes the taps of an input pipeline: the taps' common part, and what is kept of it."""
