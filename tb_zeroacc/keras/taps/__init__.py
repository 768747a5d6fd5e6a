"""The public `tap`: in `tf.data` pipelines, and in Python's iterators."""
