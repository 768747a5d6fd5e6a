"""Runs inside training: hooks, statistics in the graph, the contract of a model, when to sample.

    Recording ── Hooks ──────── what one traced step showed: an `Observation`
              ├─ ReplaySampler  the usual way: a due step is computed once more, beside training
              ├─ DirectSampler  of steps that cannot be replayed: they return their tensors
              ├─ Program ────── or a conditional in the graph; statistics into one variable
              ├─ Schedule ───── which steps are due, held to the budget
              ├─ contract ───── what was compiled, as facts
              ├─ PipelineWatch  what passed the taps that saw elements: `taps`
              └─ EventWriter ── facts, tables and scalars into one event file

    OwnLoop ─── LoopHooks ──── what model and optimizers did since the last record
              ├─ EagerSteps, GraphSteps ── the two ways of sampling a loop of the user's own
              └─ Ledger ────── steps, epochs and pace, of which a loop tells nothing

Both write through one `Session`. Only this package, `tb_zeroacc.callback` and `tb_zeroacc.monitor`
import TensorFlow and Keras.
"""

from __future__ import annotations
