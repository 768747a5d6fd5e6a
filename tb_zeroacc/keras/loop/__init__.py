"""The life of a session of a loop of the user's own, in eager code or in a `tf.function`."""
