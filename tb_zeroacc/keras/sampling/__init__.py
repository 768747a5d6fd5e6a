"""The ways of looking at a step of `fit`.

Usually it is computed once more beside training (`replay_sampler`); where that cannot be, it
returns its tensors (`direct`), or a conditional in the graph summarises them (`program`).
"""
