"""The recorder of Keras on TensorFlow: the one room that imports them.

callback, monitor   what a user sees
fit                 the life of a session of `fit`: `Recording`
loop                the life of a session of a loop of the user's own: `OwnLoop`
sampling            how a due step is looked at: replayed, handed out, or in the graph
tables              what is computed of it, in the graph or in memory
contract            what was compiled, as facts
observe             the hooks on one model
taps                the public `tap`
compat              what Keras 2 calls otherwise than Keras 3
"""
