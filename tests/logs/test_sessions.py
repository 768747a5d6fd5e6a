"""Which points belong to the training that is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tb_zeroacc import facts
from tb_zeroacc.logs import LogReader
from tests.logs.written import (
    BEGIN,
    curve,
    event,
    fact,
    keras_model,
    only,
    points,
    sample,
    simple,
    start,
    tensor,
    write,
)

MODEL = (
    b'{"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense", "config": {}}]}}'
)


def noted(notes: tuple[str, ...], text: str) -> bool:
    return any(text in note for note in notes)


class TestWithoutRecorder:
    def test_steps_that_begin_anew_in_another_file(self, tmp_path: Path) -> None:
        write(tmp_path, curve("loss", [9.0, 8.0, 7.0]), 1)
        write(tmp_path, curve("loss", [6.0, 5.0, 4.0], begin=BEGIN + 100), 2)
        write(tmp_path, curve("loss", [3.0, 2.0], begin=BEGIN + 200), 3)
        run = only(tmp_path)
        assert points(run, "loss") == [(0, 3.0), (1, 2.0)]
        assert run.sessions == 3
        assert noted(run.notes, "2 earlier sessions in this directory were set aside")

    def test_steps_that_begin_anew_in_one_file(self, tmp_path: Path) -> None:
        two = [
            *[event(i, simple("loss", 9.0 - i), simple("acc", 0.1)) for i in range(5)],
            *[event(i, simple("loss", 2.0 - i), simple("acc", 0.9)) for i in range(3)],
        ]
        write(tmp_path, [*two, *curve("unrelated", [1.0])])
        run = only(tmp_path)
        assert points(run, "loss") == [(0, 2.0), (1, 1.0), (2, 0.0)]
        assert points(run, "acc")[0] == (0, pytest.approx(0.9))
        assert run.sessions == 2
        assert noted(run.notes, "1 earlier session in this directory was set aside")

    def test_a_loops_index_as_step(self, tmp_path: Path) -> None:
        log = []
        for epoch in range(60):
            log += [event(i, simple("inner", float(i))) for i in range(10)]
            log.append(event(epoch, simple("loss", 1.0 / (epoch + 1))))
        write(tmp_path, log)
        run = only(tmp_path)
        assert run.sessions == 1, "another tag runs on across the resets"
        assert len(points(run, "loss")) == 60
        assert len(points(run, "inner")) == 10
        assert noted(run.notes, "The steps of `inner` began anew 59 times")

    def test_batches_that_each_epoch_counts_anew_are_one_curve(self, tmp_path: Path) -> None:
        log, losses = [], [3.0 * 0.999**i for i in range(58 * 40)]
        for epoch in range(58):
            for batch in range(0, 391, 10):
                log.append(event(batch, simple("Train/Batch", losses[epoch * 40 + batch // 10])))
            log.append(event(epoch, simple("Train/Epoch", losses[epoch * 40])))
        write(tmp_path, log)
        run = only(tmp_path)
        curve_of_batches = run.curve("Train/Batch")
        assert curve_of_batches is not None
        series = curve_of_batches.series
        assert (run.sessions, series.count) == (1, 58 * 40)
        assert (series.steps[1:] > series.steps[:-1]).all()
        assert (series.first.step, series.last.step) == (0, 58 * 391 - 1)
        assert (series.values[1:] < series.values[:-1]).all()
        assert noted(run.notes, "`Train/Batch` began anew 57 times within the session; its values")

    def test_folds_are_judged_by_the_last_one(self, tmp_path: Path) -> None:
        log = []
        for fold in range(5):
            log += [event(epoch, simple("loss", 3.0 * 0.8**epoch)) for epoch in range(20)]
            log.append(event(fold, simple("fold_score", 0.9)))
        write(tmp_path, log)
        run = only(tmp_path)
        assert run.sessions == 1
        assert len(points(run, "loss")) == 20
        assert noted(run.notes, "The steps of `loss` began anew 4 times within the session; only")

    def test_only_resets(self, tmp_path: Path) -> None:
        write(tmp_path, [event(i, simple("loss", 3.0 - i)) for _ in range(60) for i in range(4)])
        run = only(tmp_path)
        assert run.sessions == 60
        assert points(run, "loss") == [(i, 3.0 - i) for i in range(4)]

    def test_many_events_at_one_step(self, tmp_path: Path) -> None:
        log = [
            event(e, simple("loss", float(e + 1 / (b + 1)))) for e in range(15) for b in range(99)
        ]
        write(tmp_path, log)
        run = only(tmp_path)
        assert run.sessions == 1
        assert points(run, "loss") == [(e, pytest.approx(e + 1 / 99)) for e in range(15)]

    def test_evaluation_points_twice(self, tmp_path: Path) -> None:
        log = [event(s, simple("accuracy", s / 100)) for s in (10, 10, 20, 20, 30, 30)]
        write(tmp_path, log)
        assert [step for step, _ in points(only(tmp_path), "accuracy")] == [10, 20, 30]

    def test_a_resumed_training_goes_on(self, tmp_path: Path) -> None:
        write(tmp_path, curve("loss", [3.0, 2.5, 2.0], first=0, every=1000), 1)
        write(tmp_path, curve("loss", [1.5, 1.0], first=7000, every=1000), 2)
        run = only(tmp_path)
        assert run.sessions == 1
        assert run.notes == ()
        assert [step for step, _ in points(run, "loss")] == [0, 1000, 2000, 7000, 8000]

    def test_a_resumed_training_that_overlaps(self, tmp_path: Path) -> None:
        write(tmp_path, curve("loss", [3.0, 2.0, 1.5, float("nan")], every=100), 1)
        write(tmp_path, curve("loss", [1.4, 1.3], first=200, every=100), 2)
        run = only(tmp_path)
        assert run.sessions == 1
        assert points(run, "loss") == [
            (0, 3.0), (100, 2.0), (200, pytest.approx(1.4)), (300, pytest.approx(1.3)),
        ]  # fmt: skip
        found = run.curve("loss")
        assert found is not None
        assert found.series.non_finite_count == 0, "the NaN was trained away"
        assert noted(run.notes, "Training was resumed at an earlier step (`loss`)")

    def test_a_file_of_trainer_test(self, tmp_path: Path) -> None:
        log = [event(s, simple("train_loss", 1.0), simple("epoch", s / 10)) for s in range(50)]
        write(tmp_path, log, 1)
        after = event(0, simple("test_loss", 0.5), simple("epoch", 0.0), time=BEGIN + 99)
        write(tmp_path, [after], 2)
        run = only(tmp_path)
        assert run.sessions == 1
        assert len(points(run, "train_loss")) == 50
        assert points(run, "test_loss") == [(0, 0.5)]

    def test_a_crashed_start_does_not_hide_the_training(self, tmp_path: Path) -> None:
        write(tmp_path, [event(0, keras_model(MODEL)), *curve("epoch_loss", [2.0, 1.0])], 1)
        write(tmp_path, [event(0, keras_model(MODEL.replace(b"Dense", b"GRU")))], 2)
        write(tmp_path, [], 3)
        run = only(tmp_path)
        assert run.sessions == 1
        assert len(points(run, "epoch_loss")) == 2
        assert run.contract is not None
        assert run.contract.layers[0].class_name == "Dense"

    def test_fits_of_one_epoch_are_sessions(self, tmp_path: Path) -> None:
        for number in range(3):
            log = [event(0, keras_model(MODEL)), event(0, tensor("epoch_loss", float(number)))]
            write(tmp_path, log, number)
        run = only(tmp_path)
        assert run.sessions == 3
        assert points(run, "epoch_loss") == [(0, 2.0)]

    def test_validation_of_an_earlier_session_is_left_out(self, tmp_path: Path) -> None:
        write(tmp_path / "train", curve("epoch_loss", [3.0, 2.0]), 1)
        write(tmp_path / "validation", curve("epoch_loss", [3.5, 2.5], begin=BEGIN + 0.5), 1)
        write(tmp_path / "train", curve("epoch_loss", [1.0, 0.5], begin=BEGIN + 1000), 2)
        run = only(tmp_path)
        assert run.members == ("train",)
        assert run.sessions == 2

    def test_both_directories_of_a_session_are_kept(self, tmp_path: Path) -> None:
        for number, begin in ((1, BEGIN), (2, BEGIN + 1000)):
            write(tmp_path / "train", curve("epoch_loss", [3.0, 2.0], begin=begin), number)
            write(tmp_path / "validation", curve("epoch_loss", [4.0], begin=begin + 30), number)
        run = only(tmp_path)
        assert run.members == ("train", "validation")

    def test_a_slow_first_validation_is_kept(self, tmp_path: Path) -> None:
        write(tmp_path / "train", curve("loss", [3.0]))
        write(tmp_path / "val", curve("loss", [4.0], begin=BEGIN + 3000))
        assert only(tmp_path).members == ("train", "val")

    def test_steps_out_of_order_for_ever(self, tmp_path: Path) -> None:
        log = [event(s, simple("loss", 1.0)) for i in range(2000) for s in (i + 1, i)]
        write(tmp_path, log)
        run = only(tmp_path)
        assert run.sessions <= 3
        assert points(run, "loss")[-1][0] == 2000


class TestWithRecorder:
    def test_start_records_rule(self, tmp_path: Path) -> None:
        log = [
            start("a"), *curve("zeroacc/loss", [5.0, 4.0]), fact(2, facts.End("finished", 2)),
            start("b", BEGIN + 50), *curve("zeroacc/loss", [3.0, 2.0], begin=BEGIN + 51),
        ]  # fmt: skip
        write(tmp_path / "zeroacc", log)
        run = only(tmp_path)
        assert run.start is not None
        assert run.start.session == "b"
        assert run.end is None
        assert run.sessions == 2
        assert points(run, "zeroacc/loss") == [(0, 3.0), (1, 2.0)]
        assert run.recorded

    def test_each_session_in_its_file(self, tmp_path: Path) -> None:
        write(tmp_path / "zeroacc", [start("a"), *curve("zeroacc/loss", [5.0])], 1)
        later = [start("b", BEGIN + 9), *curve("zeroacc/loss", [4.0], first=7, begin=BEGIN + 9)]
        write(tmp_path / "zeroacc", later, 2)
        run = only(tmp_path)
        assert run.sessions == 2
        assert points(run, "zeroacc/loss") == [(7, 4.0)]

    @pytest.mark.parametrize(("session", "loss"), [("a", 5.0), ("b", 4.0), (None, 4.0)])
    def test_one_of_two_at_the_same_time(
        self, session: str | None, loss: float, tmp_path: Path
    ) -> None:
        for number, (token, value) in enumerate([("a", 5.0), ("b", 4.0)]):
            log = [start(token), *curve("zeroacc/loss", [value])]
            write(tmp_path / "zeroacc", log, number)
        reader = LogReader(str(tmp_path), session)
        reader.refresh()
        (run,) = reader.runs()
        assert points(run, "zeroacc/loss") == [(0, loss)]
        assert run.start is not None
        assert run.start.session == (session or "b")

    def test_one_session_in_two_files_and_two_fits(self, tmp_path: Path) -> None:
        first = [
            start("a"), sample(0, "loss", [[1, 1, 0, 1, 1, 1]], names=True),
            fact(1, facts.Epoch(0, 1, 1)), fact(1, facts.End("finished", 1)),
        ]  # fmt: skip
        second = [
            start("a", BEGIN + 5), sample(1, "loss", [[2, 1, 0, 1, 1, 1]], names=True),
            fact(2, facts.Epoch(1, 2, 1)),
        ]  # fmt: skip
        write(tmp_path / "zeroacc", first, 1)
        write(tmp_path / "zeroacc", second, 2)
        run = only(tmp_path)
        assert run.sessions == 1
        assert [epoch.epoch for epoch in run.epochs] == [0, 1]
        assert run.tables["loss"].steps.tolist() == [0, 1]
        assert run.end is None, "training went on after that end"

    def test_other_members_join_by_time(self, tmp_path: Path) -> None:
        write(tmp_path / "train", curve("epoch_loss", [9.0, 8.0]), 1)
        write(tmp_path / "validation", curve("epoch_loss", [9.5, 8.5]), 1)
        write(tmp_path / "zeroacc", [start("b", BEGIN + 99), *curve("zeroacc/loss", [1.0])], 2)
        write(tmp_path / "train", curve("epoch_loss", [7.0], first=2, begin=BEGIN + 100), 2)
        run = only(tmp_path)
        assert points(run, "epoch_loss", "train") == [(2, 7.0)]
        assert run.curve("epoch_loss", "validation") is None
        assert run.members == ("train", "zeroacc")
        assert run.sessions == 2

    def test_a_second_fit_that_restarts_keras_steps_is_one_session(self, tmp_path: Path) -> None:
        log = [start("a"), *curve("zeroacc/epoch/loss", [4.0, 3.0, 2.0, 1.0])]
        write(tmp_path / "zeroacc", log)
        write(tmp_path / "train", curve("epoch_loss", [4.0, 3.0]), 1)
        write(tmp_path / "train", curve("epoch_loss", [2.0, 1.0], begin=BEGIN + 2), 2)
        run = only(tmp_path)
        assert run.sessions == 1
        assert points(run, "epoch_loss") == [(0, 2.0), (1, 1.0)]
        assert len(points(run, "zeroacc/epoch/loss")) == 4

    def test_the_first_worker_counts(self, tmp_path: Path) -> None:
        for worker in (1, 0, 2):
            log = [start(f"w{worker}", worker=worker), *curve("zeroacc/loss", [float(worker)])]
            write(tmp_path / "zeroacc" / f"worker_{worker}", log)
        run = only(tmp_path)
        assert run.start is not None
        assert run.start.worker == 0
        assert run.sessions == 1
        assert len(run.members) == 3

    def test_an_end_counts_only_where_it_is_last(self, tmp_path: Path) -> None:
        ended = [start("a"), *curve("zeroacc/loss", [1.0]), fact(1, facts.End("finished", 1))]
        file = write(tmp_path / "zeroacc", ended)
        assert only(tmp_path).state == "ended"
        write(tmp_path / "zeroacc", [*ended, fact(2, facts.Epoch(1, 2, 1))])
        assert only(tmp_path).state == "unknown"
        assert file.exists()
