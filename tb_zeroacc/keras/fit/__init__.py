"""The life of a session of `fit`, with its validation and its failures."""
