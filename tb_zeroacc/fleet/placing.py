"""Puts together what was judged apart: which trainings stand, and which are to be read again.

Units are cut by names. Tags and steps may tell more: that a directory is a curve of another one,
that a checkpoint's log counts no more. That is decided once for all files of a URL, by their signs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tb_zeroacc.fleet.judging import Judged, Outcome, key_of
from tb_zeroacc.fleet.work import Work
from tb_zeroacc.logs.storage import Listed
from tb_zeroacc.logs.trainings.belonging import DirectoryParts, Signs, trainings_of


class Slip(NamedTuple):
    """What of an outcome decides where everything belongs."""

    url: str
    label: str
    now: float | None
    signs: tuple[Signs, ...]
    keys: tuple[tuple[str, str], ...]  # name and key of each training
    holds_data: bool


class Placed(NamedTuple):
    """What stands of what was judged apart.

    Attributes:
        gone: Name and key of trainings that the files do not make after all.
        again: Trainings that they make instead, to be read.
        lost: Name and sentence of those of which nothing can be read.
        holds_data: Whether there is any data: then directories of headers alone are left out.
        is_empty: Whether there is no training at all.
    """

    gone: frozenset[tuple[str, str]]
    again: tuple[Work, ...]
    lost: tuple[tuple[str, str], ...]
    holds_data: bool
    is_empty: bool


def slip_of(outcome: Outcome) -> Slip:
    """The part of an outcome that is small."""
    keys = tuple((each.name, each.key) for each in outcome.trainings)
    holds_data = any(each.holds_data for each in outcome.trainings)
    return Slip(outcome.url, outcome.label, outcome.now, outcome.signs, keys, holds_data)


def placed(slips: Iterable[Slip]) -> Placed:
    """Decides where the files of one URL belong; at least one slip."""
    slips = list(slips)
    url, label, now = slips[0].url, slips[0].label, slips[0].now
    signs = [each for slip in slips for each in slip.signs]
    signs.sort(key=lambda each: (each.listed.member, each.listed.name))
    readable, lost = trainings_of(signs, label, DirectoryParts())
    wanted = {
        (name, key_of((one.signs.listed.location, one.member, one.part) for one in files)): files
        for name, files in readable.items()
    }
    known = {pair for slip in slips for pair in slip.keys}
    again = []
    for name, key in wanted.keys() - known:
        files: list[Listed] = [one.signs.listed for one in wanted[name, key]]
        files.sort(key=lambda file: (file.member, file.name))
        again.append(Work(url, label, now, tuple(files), name))
    again.sort(key=lambda work: work.name)
    return Placed(
        frozenset(known - wanted.keys()), tuple(again), tuple(sorted(lost)),
        any(slip.holds_data for slip in slips), not wanted,
    )  # fmt: skip


def standing(outcome: Outcome, placed: Placed) -> list[Judged]:
    """The trainings of an outcome whose verdicts stand."""
    return [
        each
        for each in outcome.trainings
        if each.verdict
        and (each.name, each.key) not in placed.gone
        and (each.holds_data or not placed.holds_data)
    ]
