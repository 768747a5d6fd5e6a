"""Logs that lie elsewhere: object stores, web servers, and whatever else fsspec knows.

`opening.py` makes the source of a URL. A source lists what lies there and reads pieces of many
files at once (`stores.py` by fsspec, `web.py` from servers that only have pages and files);
`reading_ahead.py` asks it for what the reader is going to need.
"""
