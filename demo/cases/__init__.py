"""The cases, a module each: `faulty` and `mended` train, FIRST names what may stand first.

ALSO names causes that must stand as causes of their own, RIVALS those that the data cannot tell
from the first one, NEVER those that must not be flagged at all, RAISES the exception that Keras
ends the faulty program with, LEARNS_IN_SOME_SEEDS a faulty program that now and then learns all
the same.
"""
