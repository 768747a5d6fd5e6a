"""What ZA301 and ZA303 share: a fault of the output, from the contract."""

from __future__ import annotations

import pytest

from tb_zeroacc.diagnosis.answers import BEFORE_TRAINING, Tier
from tests.diagnosis.planted import a_run
from tests.diagnosis.rules.asking import flagged
from tests.diagnosis.rules.planted.outputs import RECORD, SCCE, head


@pytest.mark.parametrize("code", ["ZA301", "ZA303"])
def test_it_is_a_fact_from_our_record_and_strong_from_keras_own(code: str) -> None:
    activation, units = ("softmax", 1) if code == "ZA301" else ("linear", 10)
    found = flagged(code, a_run(head(activation, units)))
    assert found.tier is None
    assert found.since == BEFORE_TRAINING
    assert found.layers == ("head",)
    assert flagged(code, a_run(head(activation, units, **RECORD))).tier is Tier.STRONG


def test_it_fixes_the_users_own_layer() -> None:
    fix = flagged("ZA301", a_run(head("softmax", 1))).fix
    assert fix is not None
    assert fix.code == (
        '- keras.layers.Dense(1, activation="softmax")\n'
        '+ keras.layers.Dense(1, activation="sigmoid")'
    )
    many = flagged("ZA303", a_run(head("linear", 10, SCCE))).fix
    assert many is not None
    assert "SparseCategoricalCrossentropy(from_logits=True)" in many.code
    one = flagged("ZA303", a_run(head("linear", 1))).fix
    assert one is not None
    assert '+ keras.layers.Dense(1, activation="sigmoid")' in one.code
