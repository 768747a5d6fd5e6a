"""Bytes of answers and their names; nothing of TensorBoard's, which takes long to import."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

LONGEST_QUOTE = 200  # characters of an argument that are repeated in an error


def serialise(content: Any) -> bytes:
    """JSON in ASCII: whatever a name holds, it can be sent."""
    return json.dumps(content, allow_nan=False).encode("ascii")


def digest(content: bytes) -> str:
    """A short name of the content, for an ETag."""
    return blake2b(content, digest_size=12).hexdigest()


def quoted(text: str) -> str:
    """Text of the request as it is repeated in an error."""
    return repr(text[:LONGEST_QUOTE])
