"""Settings of all tests: a quiet TensorFlow, and a clock for the long part."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import settings

# A busy machine is no counterexample.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves a long test out once ZEROACC_LONG_UNTIL (seconds since 1970) has passed."""
    until = os.environ.get("ZEROACC_LONG_UNTIL")
    if until and item.get_closest_marker("long") and time.time() > float(until):
        pytest.skip("no time left for another long part")
