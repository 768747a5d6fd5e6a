"""Settings of all tests: a quiet TensorFlow, and a clock for the long part."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A busy machine is no counterexample.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["ZEROACC_STORE"] = "off"  # that of whoever runs the tests


@pytest.fixture(autouse=True, scope="module")
def _what_is_kept_is_searched_once() -> Iterator[None]:
    """Spares the collector what TensorFlow never frees: millions of objects after some fits."""
    yield
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leaves a long test out once ZEROACC_LONG_UNTIL (seconds since 1970) has passed."""
    until = os.environ.get("ZEROACC_LONG_UNTIL")
    if until and item.get_closest_marker("long") and time.time() > float(until):
        pytest.skip("no time left for another long part")
