"""Text of users as labels: bounded, printable, and no two trainings under one label."""

from __future__ import annotations

import re
from hashlib import blake2b

LONGEST = 120  # characters of a label
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def run_label(name: str) -> str:
    """The name of a training, cut where it is long; what was changed ends with a digest of all."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", name)
    if text == name and len(text) <= LONGEST:
        return text
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return f"{text[: LONGEST - len(digest) - 1]}~{digest}"
