"""Runs inside training: hooks, statistics in the graph, the contract of a model, when to sample.

    Recording ── Hooks ──────── what one traced step showed: an `Observation`
              ├─ Program ────── one conditional a step; statistics of a due step into one variable
              ├─ Schedule ───── which steps are due, held to the budget
              ├─ contract ───── what was compiled, as facts
              ├─ PipelineWatch  what passed the taps that saw elements: `taps`
              └─ EventWriter ── facts, tables and scalars into one event file

Only this package and `tb_zeroacc.callback` import TensorFlow and Keras.
"""

from __future__ import annotations
