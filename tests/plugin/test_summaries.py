"""The list and the one training: what they hold, in pages, and what is made anew when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest

from tb_zeroacc import encoding
from tb_zeroacc import verdict as verdict_module
from tb_zeroacc.places import Place
from tb_zeroacc.plugin import reading as reading_module
from tb_zeroacc.plugin import shown_training as shown_module
from tests.plugin.conftest import ROUTE, Asked, Script, verdict

ODD_NAMES = [
    "a b/c&d=é?#%+", "日本語/запуск", "e\u0301", "é", "\U0001f600", "\u202egnp.exe", "a\nb\x00c",
    '<script>"\\', "nan", "../..", ".",
]  # fmt: skip


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "PAUSE", 0.0)


def read_again(asked: Asked) -> None:
    asked.get("/summaries")
    asked.reading.wait()


def test_a_summary_is_its_training_in_a_line(asked: Asked) -> None:
    told = asked.get("/summaries").get_json()
    assert (told["version"], told["complete"], told["reading"], told["errors"]) == (1, True, 1, [])
    assert (told["total"], told["need_a_look"], told["members"]) == (1, 1, 1)
    assert told["summaries"] == [
        {
            "name": "a",
            "outcome": "not_learning",
            "mark": {"sign": "✕", "words": "Not learning", "tone": "bad"},
            "severity": 5,
            "cause": "Learning rate too high",
            "code": "ZA701",
            "further": [],
            "headline": "The learning rate is too high.",
            "last_time": None,
            "live": False,
            "workers": 0,
            "model": "",
            "sparkline": [0.7, 362.0, "NaN"],
            "baseline": None,
            "since": 1,
        }
    ]


def with_causes(count: int) -> verdict_module.Reading:
    """A training of so many causes."""
    one = verdict()
    (first,) = one.diagnosis.findings
    names = [("ZA603", "no-nonlinearity"), *((f"ZA9{n:02}", f"fault-{n}") for n in range(99))]
    more = (replace(first, code=code, name=name) for code, name in names[: count - 1])
    return one._replace(diagnosis=replace(one.diagnosis, findings=(first, *more)))


def test_further_causes_stand_in_the_line_by_name_and_bounded(
    asked: Asked, script: Script
) -> None:
    script.verdicts = [with_causes(2)]
    read_again(asked)
    (line,) = asked.get("/summaries").get_json()["summaries"]
    assert line["code"] == "ZA701"
    assert line["further"] == [{"code": "ZA603", "title": "No nonlinearity"}]
    script.verdicts = [with_causes(40)]
    read_again(asked)
    (line,) = asked.get("/summaries").get_json()["summaries"]
    assert [one["title"] for one in line["further"]][-2:] == ["Fault 13", "Fault 14"]


def test_an_empty_log_directory_is_told_with_its_path(asked: Asked) -> None:
    lines = asked.get("/summaries").get_json()["first_lines"]
    assert f'ZeroAccuracyCallback("{asked.reading.places[0].path}/my_training")' in lines
    compile(lines, "lines", "exec")


def test_pages_follow_one_another(asked: Asked, script: Script) -> None:
    script.verdicts = [verdict(f"run{n}") for n in range(12)]
    read_again(asked)
    pages = [asked.get("/summaries", offset=str(n), limit="5").get_json() for n in (0, 5, 10, 15)]
    names = [[row["name"] for row in page["summaries"]] for page in pages]
    assert names == [
        [f"run{n}" for n in range(5)], [f"run{n}" for n in range(5, 10)], ["run10", "run11"], [],
    ]  # fmt: skip
    assert {page["total"] for page in pages} == {12}
    assert [(page["offset"], page["limit"]) for page in pages] == [(n, 5) for n in (0, 5, 10, 15)]


def test_what_changed_since_a_state_is_told_with_its_places(
    asked: Asked, script: Script
) -> None:
    script.verdicts = [verdict(f"run{n}") for n in range(6)]
    read_again(asked)
    before = asked.get("/summaries").get_json()
    asked.reading.wait()
    script.verdicts = [*script.verdicts[:3], verdict("run3"), *script.verdicts[4:], verdict("a")]
    read_again(asked)
    known = {"reader": before["reader"], "after": str(before["reading"])}
    told = asked.get("/summaries", **known).get_json()
    assert [row["name"] for row in told["summaries"]] == ["a", "run3"]
    assert (told["places"], told["total"]) == ([0, 4], 7)
    assert {row["since"] for row in told["summaries"]} == {told["reading"]}
    nothing = asked.get("/summaries", reader=told["reader"], after=str(told["reading"])).get_json()
    assert (nothing["places"], nothing["summaries"]) == ([], [])


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("another process counts", {"reader": "other"}),
        ("no reading of this process", {"after": "99"}),
        ("more changed than fits", {"limit": "1"}),
    ],
)
def test_all_is_told_where_what_changed_is_not_known(
    asked: Asked, script: Script, why: str, more: dict[str, str]
) -> None:
    before = asked.get("/summaries").get_json()
    asked.reading.wait()
    script.verdicts = [verdict("a"), verdict("b")]
    read_again(asked)
    known = {"reader": before["reader"], "after": str(before["reading"])}
    told = asked.get("/summaries", **{**known, **more}).get_json()
    assert told["places"] is None, why
    assert told["summaries"][0]["name"] == "a"


def test_all_is_told_after_a_training_is_gone(asked: Asked, script: Script) -> None:
    script.verdicts = [verdict("a"), verdict("b")]
    read_again(asked)
    before = asked.get("/summaries").get_json()
    asked.reading.wait()
    script.verdicts = script.verdicts[1:]
    read_again(asked)
    script.verdicts = [*script.verdicts, verdict("c")]  # and something else changes after it
    read_again(asked)
    told = asked.get("/summaries", reader=before["reader"], after=str(before["reading"]))
    assert told.get_json()["places"] is None
    assert [row["name"] for row in told.get_json()["summaries"]] == ["b", "c"]


def test_several_trainings_are_what_each_is_by_itself(asked: Asked, script: Script) -> None:
    script.verdicts = [verdict(name) for name in ODD_NAMES]
    read_again(asked)
    told = asked.get("/trainings", name=[*ODD_NAMES[::-1], "nobody"]).get_json()["trainings"]
    assert [one["training"]["run"] for one in told] == ODD_NAMES[::-1]
    for one in told:
        alone = asked.get("/run", name=one["training"]["run"])
        assert one["training"] == alone.get_json()
        assert one["tag"] == alone.get_etag()[0]


def test_a_bad_page_is_refused_in_a_sentence(asked: Asked) -> None:
    said = asked.get("/summaries", limit="many").text
    assert "limit must be a whole number from 1 to 1000. Received: 'many'" in said
    assert "offset must be a whole number from 0" in asked.get("/summaries", offset="-1").text
    assert "name must name a training" in asked.get("/run").text
    assert "no training named 'nobody'" in asked.get("/run", name="nobody").text


def test_a_run_is_its_element_of_runs(ask: Callable[..., Asked]) -> None:
    asked = ask(Place("x", "first"), Place("y", "second"))
    read_again(asked)
    runs = asked.get("/runs").get_json()["runs"]
    assert [run["run"] for run in runs] == ["first/a", "second/a"]
    for run in runs:
        assert asked.get("/run", name=run["run"]).get_json() == run


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_a_name_may_hold_anything(ask: Callable[..., Asked], script: Script, name: str) -> None:
    script.verdicts = [verdict(name)]
    asked = ask()
    read_again(asked)
    told = asked.get("/summaries").get_json()["summaries"][0]["name"]
    assert told == name
    answer = asked.get("/run", name=told)
    assert answer.get_json()["run"] == name
    assert answer.data.isascii()


def test_a_name_with_half_a_character_is_found_as_a_browser_gives_it_back(
    ask: Callable[..., Asked], script: Script
) -> None:
    script.verdicts = [verdict("caf\udce9"), verdict("caf\udcea")]
    asked = ask()
    read_again(asked)
    names = [row["name"] for row in asked.get("/summaries").get_json()["summaries"]]
    assert names == ["caf\ufffd", "caf\ufffd (2)"]
    for name in names:
        assert asked.get("/run", name=name).get_json()["run"] == name
    curve = asked.get("/curves", run=names[1], member="caf\ufffd/train", tag="epoch_loss")
    assert curve.get_json()["values"] == [0.7, 362.0, "NaN"]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was made into JSON: trainings, and `a line` for each of the list."""
    names: list[str] = []
    run_json, sparkline = encoding.run_json, shown_module.sparkline

    def noted(reading: encoding.Reading) -> object:
        names.append(reading.run.name)
        return run_json(reading)

    def drawn(run: encoding.Run) -> object:
        names.append(f"line of {run.name}")
        return sparkline(run)

    monkeypatch.setattr(encoding, "run_json", noted)
    monkeypatch.setattr(shown_module, "sparkline", drawn)
    return names


def test_only_what_changed_is_made_anew(
    ask: Callable[..., Asked], script: Script, made: list[str]
) -> None:
    script.verdicts = [verdict(name) for name in "abc"]
    asked = ask()
    read_again(asked)
    for _ in range(3):
        asked.get("/summaries")
        asked.get("/run", name="b")
        asked.reading.wait()
    assert sorted(made) == ["b", "line of a", "line of b", "line of c"]
    made.clear()
    tags = {name: asked.get("/run", name=name).headers["ETag"] for name in "abc"}
    whole = asked.get("/summaries").headers["ETag"]
    made.clear()
    asked.reading.wait()
    old = script.verdicts[1]
    grown = old._replace(run=replace(old.run, notes=("A note.",)))
    script.verdicts = [script.verdicts[0], grown, script.verdicts[2]]
    read_again(asked)
    assert asked.get("/summaries").headers["ETag"] != whole
    assert asked.get("/runs").get_json()["reading"] == 2
    assert sorted(made) == ["b", "line of b"]
    for name, tag in tags.items():
        answer = asked.client.get(f"{ROUTE}/run?name={name}", headers={"If-None-Match": tag})
        assert answer.status_code == (200 if name == "b" else 304)


def test_a_curve_of_what_did_not_change_is_not_sent_again(asked: Asked, script: Script) -> None:
    curve = f"{ROUTE}/curves?run=a&member=a/train&tag=epoch_loss"
    tag = asked.client.get(curve).headers["ETag"]
    script.verdicts.append(verdict("b"))
    read_again(asked)
    assert asked.client.get(curve, headers={"If-None-Match": tag}).status_code == 304
    script.verdicts[0] = verdict("a", (3.0, 2.0))
    read_again(asked)
    assert asked.client.get(curve, headers={"If-None-Match": tag}).status_code == 200


def test_a_poll_while_a_reading_goes_on_says_when_to_ask_again(
    asked: Asked, script: Script
) -> None:
    tag = asked.get("/summaries").headers["ETag"]
    asked.reading.wait()
    done = Event()
    script.before = lambda: done.wait(30) and None
    answer = asked.client.get(f"{ROUTE}/summaries", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["Retry-After"]) == (304, "1")
    done.set()
    asked.reading.wait()


def test_a_compressed_answer_has_a_tag_of_its_own(asked: Asked) -> None:
    route = f"{ROUTE}/summaries"
    plain = asked.client.get(route)
    small = asked.client.get(route, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert plain.headers["ETag"] != small.headers["ETag"]
    for tag in (plain.headers["ETag"], small.headers["ETag"]):
        headers = {"If-None-Match": tag, "Accept-Encoding": "gzip"}
        answer = asked.client.get(route, headers=headers)
        assert answer.status_code == 304
        assert answer.headers["ETag"] == tag
