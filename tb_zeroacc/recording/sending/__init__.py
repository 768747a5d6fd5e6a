"""A record on its way to another file system: kept on this machine, sent by a thread of its own.

`spool.py` keeps the segments of a record on this machine's disk, bounded; `destination.py` is where
they go, `sender.py` the thread that sends them in order until they have arrived, and `sent_file.py`
the whole as one file that grows. `keeping.py` knows whose a spool is, and `leftovers.py` sends what
was left behind.
"""
