"""Classes side by side."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import Evidence, at_most
from tb_zeroacc.picturing.classes import classes, classes_by_batch, validation_classes
from tests.diagnosis.planted import a_contract, a_run, a_table
from tests.picturing.finding import a_finding

LABELS = a_table("label_counts", {"y": {"0": [5, 5], "1": [3, 3], "2": [2, 2]}})


def test_the_one_class_that_is_predicted_stands_beside_the_labels() -> None:
    predicted = a_table("prediction_counts", {"y": {"0": [5, 0], "1": [5, 10], "2": [0, 0]}})
    fact = Evidence.of_table("share of class 1", predicted, 1.0, at_most(0.999), unit="share")
    run = a_run(a_contract(units=3), LABELS, predicted)
    picture = classes(a_finding("ZA404", fact), run)
    assert picture is not None
    assert picture["names"] == ["0", "1", "2"]
    labels, predictions = picture["groups"]
    assert labels["values"] == [0.5, 0.3, 0.2]
    assert predictions["values"] == [0, 1, 0], "of the end, not of all samples"
    assert picture["wrong"] == [1]
    assert picture["limit"] == {"value": 0.999, "text": "at most 99.9 %"}


def test_a_limit_that_no_drawn_share_reaches_is_not_drawn() -> None:
    """The rule looks at fewer samples than are drawn."""
    predicted = a_table("prediction_counts", {"y": {"0": [8, 8], "1": [992, 992], "2": [0, 0]}})
    fact = Evidence.of_table("share of class 1", predicted, 1.0, at_most(0.999), unit="share")
    run = a_run(a_contract(units=3), LABELS, predicted)
    picture = classes(a_finding("ZA404", fact), run)
    assert picture is not None
    assert picture["limit"] is None
    assert picture["wrong"] == [1]


def test_a_limit_of_the_labels_is_not_drawn_where_the_predictions_of_another_class_cross_it() -> (
    None
):
    labels = a_table("label_counts", {"y": {"0": [95, 95], "1": [5, 5]}})
    predicted = a_table("prediction_counts", {"y": {"0": [0, 0], "1": [100, 100]}})
    fact = Evidence.of_table("share of class 0", labels, 0.95, at_most(0.9), unit="share")
    run = a_run(a_contract(units=2), labels, predicted)
    picture = classes(a_finding("ZA203", fact), run)
    assert picture is not None
    assert (picture["wrong"], picture["limit"]) == ([0], None)


def test_classes_that_training_lacks_are_flagged() -> None:
    held_out = a_table("validation_label_counts", {"y": {"0": 0, "1": 1, "2": 9}})
    train = a_table("label_counts", {"y": {"0": 5, "1": 5, "2": 0}})
    picture = validation_classes(a_finding("ZA205"), a_run(a_contract(units=3), train, held_out))
    assert picture is not None
    assert picture["wrong"] == [2]


def test_a_single_batch_shows_no_order() -> None:
    one = a_table("label_counts", {"y": {"0": 5, "1": 5}})
    assert classes_by_batch(a_finding("ZA111"), a_run(a_contract(), one)) is None
    assert classes_by_batch(a_finding("ZA111"), a_run(a_contract(), LABELS)) is not None
