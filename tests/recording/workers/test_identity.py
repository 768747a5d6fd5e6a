"""Several workers: who is who, and where each of them writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tb_zeroacc import diagnose, facts
from tb_zeroacc.arguments import place_of_worker
from tb_zeroacc.recording.guard import Guard
from tb_zeroacc.recording.session import RecordingSession
from tb_zeroacc.recording.workers.identity import ALONE, TF_CONFIG, Identity, identity_of
from tests.keras.models import classes, features, mlp, recorder
from tests.keras.reading import read

TWO = {"worker": ["a:1", "b:1"]}
LED = {"chief": ["c:1"], "worker": ["a:1", "b:1"], "ps": ["p:1"]}


def config(cluster: object, job: str, index: object = 0) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": job, "index": index}})


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        (config(TWO, "worker", 0), Identity(0, 2, "worker", 0)),
        (config(TWO, "worker", 1), Identity(1, 2, "worker", 1)),
        (config(TWO, "worker", "1"), Identity(1, 2, "worker", 1)),
        (config(LED, "chief"), Identity(0, 3, "chief", 0)),
        (config(LED, "worker", 1), Identity(2, 3, "worker", 1)),
        (config(LED, "ps"), Identity(None, 3, "ps", 0)),
        (config(LED, "evaluator", 1), Identity(None, 3, "evaluator", 1)),
        (config({"worker": ["a:1"]}, "worker"), ALONE),
        (config([], "worker"), ALONE),
        (config(TWO, "worker", None), ALONE),
        ("", ALONE),
        ("not json", ALONE),
        ("[]", ALONE),
        ("{}", ALONE),
    ],
)
def test_who_this_process_is_in_a_cluster_of_tensorflow(text: str, identity: Identity) -> None:
    assert identity_of(environment={TF_CONFIG: text}) == identity


THIRD_OF_FOUR = Identity(2, 4, "worker", 2)
SLURM = {"SLURM_PROCID": "2", "SLURM_NTASKS": "4"}
IN_A_STEP = {**SLURM, "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0"}
ENVIRONMENTS: dict[str, tuple[dict[str, str], Identity]] = {
    "nothing": ({}, ALONE),
    "torchrun": ({"RANK": "2", "WORLD_SIZE": "4"}, THIRD_OF_FOUR),
    "Horovod": ({"HOROVOD_RANK": "2", "HOROVOD_SIZE": "4"}, THIRD_OF_FOUR),
    "Open MPI": ({"OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"}, THIRD_OF_FOUR),
    "MVAPICH": ({"MV2_COMM_WORLD_RANK": "2", "MV2_COMM_WORLD_SIZE": "4"}, THIRD_OF_FOUR),
    "MPICH": ({"PMI_RANK": "2", "PMI_SIZE": "4"}, THIRD_OF_FOUR),
    "srun": ({**IN_A_STEP, "SLURM_STEP_NUM_TASKS": "4"}, THIRD_OF_FOUR),
    "srun of an older Slurm": (IN_A_STEP, THIRD_OF_FOUR),
    "no more than Slurm's numbers": (SLURM, THIRD_OF_FOUR),
    "a step of one task in a job of four": ({**IN_A_STEP, "SLURM_STEP_NUM_TASKS": "1",
                                             "SLURM_PROCID": "0", "SLURM_NTASKS": "1"}, ALONE),
    "the script of a job of four tasks": ({**SLURM, "SLURM_PROCID": "0", "SLURM_JOB_ID": "7"},
                                          ALONE),
    "torchrun within a step of two": ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2", "RANK": "2",
                                       "WORLD_SIZE": "4"}, THIRD_OF_FOUR),
    "TF_CONFIG within torchrun": ({TF_CONFIG: config(TWO, "worker", 1), "RANK": "2",
                                   "WORLD_SIZE": "4"}, Identity(1, 2, "worker", 1)),
    "one of one": ({"RANK": "0", "WORLD_SIZE": "1"}, ALONE),
    "no size": ({"RANK": "2"}, ALONE),
    "a rank that is none": ({"RANK": "two", "WORLD_SIZE": "4"}, ALONE),
    "a rank beyond its size": ({"RANK": "4", "WORLD_SIZE": "4"}, ALONE),
}  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "identity"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys()
)
def test_who_this_process_is_to_its_launcher(
    environment: dict[str, str], identity: Identity
) -> None:
    assert identity_of(environment=environment) == identity


def test_what_the_user_says_comes_first() -> None:
    environment = {TF_CONFIG: config(TWO, "worker", 1)}
    assert identity_of(2, 4, environment) == THIRD_OF_FOUR
    assert identity_of(2, environment=environment) == Identity(2, None, "worker", 2)


@pytest.mark.parametrize(
    ("worker", "workers"), [(-1, 2), (2, 2), (0.5, 2), (None, 2), (0, "2"), (True, 2), ("0", None)]
)
def test_a_place_that_is_none_is_refused(worker: object, workers: object) -> None:
    with pytest.raises(ValueError, match="`worker`"):
        place_of_worker(worker, workers)


@pytest.mark.parametrize(
    ("identity", "part"),
    [
        (ALONE, "zeroacc"),
        (THIRD_OF_FOUR, "zeroacc/worker_2"),
        (Identity(0, 3, "chief"), "zeroacc/worker_0"),
        (Identity(None, 3, "evaluator", 0), "zeroacc/evaluator_0"),
    ],
)
def test_where_each_of_them_writes(tmp_path: Path, identity: Identity, part: str) -> None:
    session = RecordingSession(str(tmp_path), Guard(), identity)
    session.state(0, facts.Contract(model="Sequential"))
    assert session.directory == str(tmp_path / part)
    log = read(tmp_path, part)
    (start,) = log.facts(facts.Start)
    stated = start.worker, start.workers, start.task
    assert stated == (identity.worker, identity.workers, identity.task)
    contract = log.contract()
    assert (contract.worker, contract.workers) == (identity.worker, identity.workers)


@pytest.mark.training
def test_each_worker_writes_into_a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = features(32)
    for index in (1, 0):
        monkeypatch.setenv(TF_CONFIG, config(TWO, "worker", index))
        callback = recorder(tmp_path)
        mlp().fit(x, classes(x), batch_size=8, verbose=0, callbacks=[callback])
        assert not callback.turned_off
    written = sorted(path.name for path in (tmp_path / "zeroacc").iterdir())
    assert written == ["worker_0", "worker_1"]
    log = read(tmp_path, "zeroacc/worker_1")
    assert log.facts(facts.Start)[0].worker == 1
    assert (log.contract().worker, log.contract().workers) == (1, 2)
    assert log.contract().replicas == 1
    (verdict,) = diagnose(str(tmp_path))
    assert verdict.run == "."
    (alone,) = diagnose(str(tmp_path / "zeroacc" / "worker_1"))
    assert alone.headline
