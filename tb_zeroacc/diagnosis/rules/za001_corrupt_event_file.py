"""ZA001: event files that are damaged."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answers import (
    Answer,
    Evidence,
    Fix,
    Flagged,
    Passed,
    Stage,
    Tier,
    at_most,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.run import Damage
from tb_zeroacc.wording import count

SHOWN = 5  # files; the others are counted


@rule(
    "ZA001",
    "corrupt-event-file",
    Tier.SMELL,
    Stage.LOSS,
    motif=Motif.NUMBERS,
    healthy="Every record of the event files is intact",
    needs=(A_LOG,),
    outcome=Outcome.CANNOT_TELL,
    fix=Fix(
        "Copy the file once more from where it was written, and check the disk it lies on.",
        "rsync --checksum -av machine:runs/ runs/\n"
        "sudo smartctl -H /dev/sda  # a disk that fails",
        is_shell=True,
    ),
)
def corrupt_event_file(context: RunContext) -> Answer:
    """An event file is damaged: some of its records are lost.

    ## What it means
    A copy that went wrong, a disk that fails, two processes that write into one file. Every record
    has a checksum: one that fails it is left out, and whatever is intact before and behind the
    damage is read.

    ## Why accuracy suffers
    It need not. But a point that is lost may be the one at which the loss became NaN, and a record
    that is lost may hold the names that others need.

    ## How it is detected
    Records whose payload fails its checksum, records that are no event, bytes between records that
    belong to none. Exact, no threshold. A last record that is not complete is no damage: a process
    that was killed, or one that still writes, leaves it. Text logs have no checksums.

    ## How to fix it
    Copy the file once more, and compare what was copied with what was written:
    ```python
    print(hashlib.sha256(Path(event_file).read_bytes()).hexdigest())  # here and where it is from
    ```

    ## Easily confused with
    ZA005 record-breaks-off: there the file is whole, and the training ended without a word.

    ## Sources
    tensorflow.org/tutorials/load_data/tfrecord (the two checksums of a record). Of 5 390 public
    event files none has a payload that fails its checksum.
    """
    damage = context.run.damage
    if not damage:
        return Passed("no record fails its checksum, and no byte is left over")
    others = f" The same holds for {count(len(damage) - 1, 'other file')}." if damage[1:] else ""
    return Flagged(
        summary=f"The log is damaged: {_lost(damage[0])}.{others}",
        context="What is intact before and behind the damage was read; the verdict rests on that.",
        evidence=tuple(fact for one in damage[:SHOWN] for fact in _facts(one)),
    )


def _lost(damage: Damage) -> str:
    """What is lost of a file, and where: `2 records of ... are lost, the first at byte 80`."""
    parts = (
        (count(damage.records, "record"), damage.records),
        (count(damage.missing, "more byte" if damage.records else "byte"), damage.missing),
    )
    what = " and ".join(words for words, lost in parts if lost)
    are = "is" if damage.records + damage.missing == 1 else "are"
    return f"{what} of {damage.file} {are} lost, the first at byte {damage.first_byte}"


def _facts(damage: Damage) -> tuple[Evidence, ...]:
    found = (
        (f"records of {damage.file} that cannot be read", damage.records, "records"),
        (f"bytes of {damage.file} that belong to no record", damage.missing, "bytes"),
    )
    return tuple(
        Evidence.of_number(text, lost, at_most(0), unit=unit) for text, lost, unit in found if lost
    )
