"""The core of every recorder, whatever trains: no framework is imported here.

    Recorder           what records one model, over all its trainings
    RecordingSession   what one session puts on record: facts, tables, scalars, association
    Schedule, DueSteps when a sample is due, held to the budget
    Progress           counts steps and epochs, places samples; LoopProgress by records alone
    Guard              turns a part that fails off; training goes on
    Sample             what one step held, as tables: `tables`, from `statistics`
    EventWriter        one event file on any file system, flushed at each event
    pipeline           what passed the taps of an input pipeline

A recorder of another framework brings its hooks and its tensors; `tests/recording` has one of
NumPy's.
"""
