"""The command's face: arguments, help, exit codes. Whatever is slow to import loads when needed."""

from __future__ import annotations

import io
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tb_zeroacc import __version__
from tb_zeroacc.cli.exit_codes import CLEAN, OUR_FAULT
from tb_zeroacc.report.printable import printable

app = typer.Typer(
    name="zeroacc",
    help="Say why a model does not learn, from the logs of its training.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    JUNIT = "junit"
    MARKDOWN = "markdown"


class FailOn(StrEnum):
    """The weakest tier that makes the command end with 1."""

    DEFINITE = "definite"
    STRONG = "strong"
    SMELL = "smell"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zeroacc {__version__}")
        raise typer.Exit


Timeout = Annotated[
    float | None,
    typer.Option(
        help="Seconds that an answer from another machine may take; else ZEROACC_TIMEOUT, or 30.",
        metavar="SECONDS",
        show_default=False,
    ),
]


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    pass


@app.command()
def diagnose(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Log directories, event files, CSV logs; any URL. NAME:PATH,NAME:PATH names them.",
        ),
    ],
    fmt: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option(help="End with 1 at this tier or above.")
    ] = FailOn.DEFINITE,
    now: Annotated[
        str,
        typer.Option(
            help="The clock that decides what still runs: 'clock', 'none', or seconds since 1970.",
            metavar="clock|none|TIME",
        ),
    ] = "clock",
    timeout: Timeout = None,
) -> None:
    """Say why the trainings below each PATH do not learn.

    Ends with 0 where nothing was found at the tier of --fail-on or above, 1 where something was,
    2 for bad usage or a path that cannot be read, 70 for a fault of zeroacc itself.
    """
    from tb_zeroacc.cli.diagnose import diagnose_paths

    raise typer.Exit(diagnose_paths(paths, fmt.value, fail_on.value, now, timeout))


@app.command()
def report(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Log directories, event files, CSV logs; any URL."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write.", metavar="FILE")
    ] = Path("zeroacc.html"),
    timeout: Timeout = None,
) -> None:
    """Write the tab's page about the trainings below each PATH into one file of HTML.

    The file needs no network and no server. Ends with 0, or with 2 where a path cannot be read.
    """
    from tb_zeroacc.cli.pages import write_report

    raise typer.Exit(write_report(paths, output, timeout))


@app.command()
def serve(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Log directories, event files, CSV logs; any URL."),
    ],
    port: Annotated[int, typer.Option(help="Port to listen at; 0 for any that is free.")] = 6007,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
) -> None:
    """Serve the tab without TensorBoard, for machines where that does not start."""
    from tb_zeroacc.cli import pages

    raise typer.Exit(pages.serve(paths, host, port))


@app.command()
def rules() -> None:
    """List every rule: code, name, strongest tier, and its cause in a line."""
    from tb_zeroacc.cli.rules import print_rules

    print_rules()


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="The code or name of a rule: ZA301.")],
) -> None:
    """Print the page of one rule: what it means, how it is detected, how to fix it."""
    from tb_zeroacc.cli.rules import print_page

    raise typer.Exit(print_page(code))


def run() -> None:
    """Runs the command; a fault of ours ends with 70 and one sentence, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no `✓` shows `?`
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="zeroacc")
    except BrokenPipeError:  # `zeroacc ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLEAN)
    except Exception as fault:  # noqa: BLE001 - promise: no traceback reaches a user
        text = str(fault).splitlines()
        reason = f"{type(fault).__name__}: {text[0]}" if text else type(fault).__name__
        typer.echo(
            f"zeroacc itself failed ({printable(reason)}): please report it with the command "
            "that you ran.",
            err=True,
        )
        sys.exit(OUR_FAULT)
