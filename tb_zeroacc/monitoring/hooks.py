"""News handed out: to a command, to a webhook. Each once, in the background, bounded in time."""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tb_zeroacc import __version__
from tb_zeroacc.monitoring.lines import Line, as_json
from tb_zeroacc.monitoring.webhooks import Format, body_of
from tb_zeroacc.report.printable import printable

logger = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds that one command or one answer may take
PAUSES = (1.0, 5.0)  # seconds before a webhook that could not be reached is tried again
MOST_AT_ONCE = 20  # news of one look: a first look at old logs should not flood anybody
STANDARD_ERROR = 2  # takes what a command prints: standard output is for lines alone
FAREWELL = 10.0  # seconds that news on their way are waited for at the end
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is started with each piece of news; no shell is between.

    Attributes:
        words: The program and its arguments.
    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Command:
        """The command of a command line, split as a shell would do it, and nothing more.

        Raises:
            ValueError: A quote is not closed, or there is no word.
        """
        words = tuple(shlex.split(text))
        if not words:
            raise ValueError("no command is named")
        return cls(words)

    @property
    def told(self) -> str:
        """How it is named in sentences."""
        return shlex.join(self.words)

    def content(self, line: Line) -> str:
        """What it is given."""
        return as_json(line)

    def deliver(self, line: Line) -> str:
        """Runs it; why it failed, or nothing."""
        try:
            done = subprocess.run(
                self.words, input=as_json(line) + "\n", text=True, timeout=PATIENCE, check=False,
                env={**os.environ, **variables(line)}, stdout=STANDARD_ERROR,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"it took more than {PATIENCE:g} s"
        except (OSError, ValueError) as error:
            return getattr(error, "strerror", None) or str(error)
        return f"it ended with {done.returncode}" if done.returncode else ""


def variables(line: Line) -> dict[str, str]:
    """What a command finds in its environment, without control characters."""
    first = next((finding for finding in line["findings"] if finding["news"]), None)
    told = {
        "RUN": line["run"],
        "PATH": line["path"],
        "STATE": line["state"],
        "OUTCOME": line["outcome"],
        "HEADLINE": line["headline"],
        "CODE": first["code"] if first else "",
        "TIER": first["tier"] if first else "",
    }
    return {f"ZEROACC_{name}": printable(value) for name, value in told.items()}


class _NoRedirect(HTTPRedirectHandler):
    """A webhook answers where it is: another place was not named by the user."""

    def redirect_request(self, *_: Any) -> None:
        """None: the redirection is an error."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that each piece of news is posted to.

    Attributes:
        url: Its address, `http` or `https`; often a secret, and never printed whole.
        form: The JSON that it understands.
    """

    url: str
    form: Format = "json"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a webhook is an address that begins with http:// or https://")

    @property
    def told(self) -> str:
        """How it is named in sentences: without what may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}"

    def content(self, line: Line) -> str:
        """What it is given."""
        return body_of(line, self.form).decode("ascii")

    def deliver(self, line: Line) -> str:
        """Posts it, again where the other side cannot be reached; why it failed, or nothing."""
        body, why = body_of(line, self.form), ""
        for pause in (0.0, *PAUSES):
            time.sleep(pause)
            why, is_final = self._post(body)
            if is_final:
                break
        return why

    def _post(self, body: bytes) -> tuple[str, bool]:
        """Why it failed, or nothing; and whether there is no use in trying again."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"zeroacc/{__version__}",
        }
        request = Request(self.url, data=body, headers=headers, method="POST")
        try:
            with build_opener(_NoRedirect).open(request, timeout=PATIENCE):
                return "", True
        except HTTPError as refusal:
            return f"it answered {refusal.code}", refusal.code not in (429, 502, 503, 504)
        except TimeoutError:  # it may have taken it: at most once
            return f"no answer within {PATIENCE:g} s", True
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            return str(getattr(reason, "strerror", None) or reason), isinstance(
                reason, TimeoutError
            )
        except ValueError as error:
            return str(error), True


class Hooks:
    """Hands news to commands and webhooks, one after the other, beside the watching.

    Args:
        targets: Whom to tell.
        dry_run: Whether it is only said what would be handed out.
        say: Takes a sentence for the user.
    """

    def __init__(
        self, targets: Sequence[Command | Webhook], *, dry_run: bool, say: Say
    ) -> None:
        self._targets, self._dry_run, self._say = tuple(targets), dry_run, say
        self._waiting: SimpleQueue[Line | None] = SimpleQueue()
        self._thread: Thread | None = None

    def hand_out(self, lines: Sequence[Line]) -> None:
        """Hands out the news of one look, the worst first; at once."""
        if not self._targets:
            return
        for line in lines[:MOST_AT_ONCE]:
            if self._dry_run:
                for target in self._targets:
                    self._say(f"Would tell {target.told}: {target.content(line)}")
            else:
                self._waiting.put(line)
        if len(lines) > MOST_AT_ONCE:
            self._say(
                f"{len(lines) - MOST_AT_ONCE} more pieces of news of this look were not handed "
                f"out: {MOST_AT_ONCE} at once are enough."
            )
        if self._thread is None and not self._dry_run and lines:
            self._thread = Thread(target=self._deliver, name="zero-accuracy-hooks", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Waits for what is on its way, but not for ever."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(FAREWELL)

    def _deliver(self) -> None:
        while (line := self._waiting.get()) is not None:
            for target in self._targets:
                try:
                    why = target.deliver(line)
                except Exception as fault:  # promise: a hook never ends the watching
                    logger.debug("A hook failed", exc_info=True)
                    why = type(fault).__name__
                if why:
                    self._say(f"{target.told} could not be told: {why.rstrip('.')}.")
