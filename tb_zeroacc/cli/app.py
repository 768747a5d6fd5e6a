"""The command's face: arguments, help, exit codes. Whatever is slow to import loads when needed."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tb_zeroacc import __version__
from tb_zeroacc.cli.exit_codes import CLEAN, INTERRUPTED, OUR_FAULT, USAGE
from tb_zeroacc.report.printable import printable

FORMATS = ("text", "json", "github", "junit", "markdown")
TIERS = ("definite", "strong", "smell")
LOGS = "Log directories, event files, CSV logs; any URL."

DIAGNOSE = """Say why the trainings below each PATH do not learn.

Ends with 0 where nothing was found at the tier of --fail-on or above, 1 where something was,
2 for bad usage or a path that cannot be read, 70 for a fault of zeroacc itself.
"""
REPORT = """Write the tab's page about the trainings below each PATH into one file of HTML.

The file needs no network and no server. Ends with 0, or with 2 where a path cannot be read.
"""
SERVE = "Serve the tab without TensorBoard, for machines where that does not start."
SCAN = """Judge every training below each URL, thousands of them, by an Apache Beam pipeline.

DIR gets the verdicts (verdicts-*.jsonl), tables of trainings and findings (JSON lines and Parquet)
and a summary (summary.html, summary.json). What could not be read is a row with its error. A scan
that ended early, or a later one of the same DIR, judges only what is new or has changed. Beam's own
options follow behind `--`. Ends with 0, or with 2 where there is no training at all.
"""
WATCH = """Follow the trainings below each PATH, and print a line when a verdict changes.

On a terminal a table of all trainings stays below the lines. A PATH that is not there yet, or not
there any more, is waited for. Ends with 0 where --until says so, 3 where --exit-on does, 2 for bad
usage, 130 and 143 for the signals INT and TERM.
"""
ALERTS = "Print alert rules for Prometheus."
DASHBOARD = "Print a dashboard for Grafana, as JSON to import."
RULES = "List every rule: code, name, strongest tier, and its cause in a line."
EXPLAIN = "Print the page of one rule: what it means, how it is detected, how to fix it."


def answer(arguments: Sequence[str]) -> int:
    """Does what the arguments ask for; returns the exit code.

    Raises:
        SystemExit: They are no usage of the command, or ask for help or the version.
    """
    parser, commands = _parsers()
    if not arguments:
        parser.print_help()
        return USAGE
    command = commands.get(arguments[0])
    if command is None:
        parser.parse_args(arguments)
        return CLEAN
    own, others = list(arguments[1:]), list[str]()
    if arguments[0] == "scan" and "--" in own:
        at = own.index("--")
        own, others = own[:at], own[at + 1 :]
    # Options may stand between paths.
    given = command.parse_intermixed_args(own, argparse.Namespace(others=others))
    code: int = given.does(given)
    return code


def run() -> None:
    """Runs the command; a fault of ours ends with 70 and one sentence, never with a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no `✓` shows `?`
            stream.reconfigure(errors="replace")
    gc.disable()  # modules leave no garbage, and looking for it takes a tenth of loading them
    try:
        code = answer(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # `zeroacc ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = CLEAN
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as fault:  # noqa: BLE001 - promise: no traceback reaches a user
        text = str(fault).splitlines()
        reason = f"{type(fault).__name__}: {text[0]}" if text else type(fault).__name__
        print(
            f"zeroacc itself failed ({printable(reason)}): please report it with the command "
            "that you ran.",
            file=sys.stderr,
        )
        code = OUR_FAULT
    finally:
        gc.freeze()  # the end of the process frees it all
        gc.enable()
    sys.exit(code)


# --- what each command is given, and what it does -----------------------------------------------


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The command's own parser, and that of each command below it."""
    about = "Say why a model does not learn, from the logs of its training."
    parser = argparse.ArgumentParser("zeroacc", description=about, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"zeroacc {__version__}")
    below = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    found = {}
    for name, does, text in (
        ("diagnose", _diagnose, DIAGNOSE), ("report", _report, REPORT), ("serve", _serve, SERVE),
        ("scan", _scan, SCAN),
        ("watch", _watch, WATCH), ("alerts", _alerts, ALERTS), ("dashboard", _dashboard, DASHBOARD),
        ("rules", _rules, RULES), ("explain", _explain, EXPLAIN),
    ):  # fmt: skip
        found[name] = below.add_parser(
            name, description=text, help=text.splitlines()[0], allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        found[name].set_defaults(does=does)
    _add_options(found)
    return parser, found


def _add_options(commands: dict[str, argparse.ArgumentParser]) -> None:
    diagnose, report, serve, scan = (
        commands[name] for name in ("diagnose", "report", "serve", "scan")
    )
    diagnose.add_argument(
        "paths", nargs="+", metavar="PATH", help=f"{LOGS} NAME:PATH,NAME:PATH names them."
    )
    diagnose.add_argument(
        "--format", choices=FORMATS, default="text", help="How to print it. [default: %(default)s]"
    )
    diagnose.add_argument(
        "--fail-on", choices=TIERS, default="definite",
        help="End with 1 at this tier or above. [default: %(default)s]",
    )  # fmt: skip
    for command in (diagnose, scan):
        command.add_argument(
            "--now", default="clock", metavar="clock|none|TIME",
            help="The clock that decides what still runs: 'clock', 'none', or seconds since 1970. "
            "[default: %(default)s]",
        )  # fmt: skip
    scan.add_argument("urls", nargs="+", metavar="URL", help="Log directories; any URL.")
    scan.add_argument(
        "--output", required=True, metavar="DIR", help="Where to write; any URL that Beam knows."
    )
    scan.add_argument(
        "--workers", type=int, metavar="N",
        help="Processes that read, in each worker of Beam's. [default: one a core where Beam is "
        "given no runner, else 1]",
    )  # fmt: skip
    scan.add_argument(
        "--no-store", action="store_true",
        help="Judge all anew, and keep nothing in DIR that a later scan could begin with.",
    )  # fmt: skip
    _add_watching(commands["watch"])
    for command in (report, serve, commands["watch"]):
        command.add_argument("paths", nargs="+", metavar="PATH", help=LOGS)
    for command in (diagnose, report, commands["watch"]):
        command.add_argument(
            "--timeout", type=float, metavar="SECONDS",
            help="Seconds that an answer from another machine may take; else ZEROACC_TIMEOUT, "
            "or 30.",
        )  # fmt: skip
        command.add_argument(
            "--no-store", action="store_true",
            help="Neither use nor keep what was read of large directories (ZEROACC_STORE=off).",
        )  # fmt: skip
    report.add_argument(
        "-o", "--output", type=Path, default=Path("zeroacc.html"), metavar="FILE",
        help="The file to write. [default: %(default)s]",
    )  # fmt: skip
    serve.add_argument(
        "--port", type=int, default=6007,
        help="Port to listen at; 0 for any that is free. [default: %(default)s]",
    )  # fmt: skip
    serve.add_argument(
        "--host", default="127.0.0.1", help="Address to listen at. [default: %(default)s]"
    )
    commands["explain"].add_argument(
        "code", metavar="CODE", help="The code or name of a rule: ZA301."
    )


def _add_watching(watch: argparse.ArgumentParser) -> None:
    watch.add_argument(
        "--interval", type=float, default=5.0, metavar="SECONDS",
        help="Seconds between looks. [default: %(default)g]",
    )  # fmt: skip
    watch.add_argument(
        "--format", choices=("text", "json"), default="text",
        help="Lines for people, or JSON lines. [default: %(default)s]",
    )  # fmt: skip
    watch.add_argument(
        "--until", choices=("finished",), help="End when no training goes on any more."
    )
    watch.add_argument(
        "--exit-on", choices=TIERS[:2],
        help="End with 3 as soon as a training has a finding of this tier or above.",
    )  # fmt: skip
    watch.add_argument(
        "--notify", action="append", default=[], metavar="COMMAND",
        help="Run this with each new finding: JSON on its standard input, the environment has "
        "ZEROACC_RUN, ZEROACC_CODE and others. No shell is between.",
    )  # fmt: skip
    watch.add_argument(
        "--webhook", action="append", metavar="URL",
        help="Post each new finding to this address; else to ZEROACC_WEBHOOK, where that is set.",
    )  # fmt: skip
    watch.add_argument(
        "--webhook-format", choices=("json", "slack", "alertmanager"), default="json",
        help="The JSON that it understands. [default: %(default)s]",
    )  # fmt: skip
    watch.add_argument(
        "--notify-on", choices=TIERS, default="strong",
        help="The weakest tier that COMMAND and URL are told of. [default: %(default)s]",
    )  # fmt: skip
    watch.add_argument(
        "--dry-run", action="store_true", help="Only say what COMMAND and URL would be told."
    )
    watch.add_argument(
        "--listen", metavar="HOST:PORT",
        help="Answer Prometheus at http://HOST:PORT/metrics: 127.0.0.1:9464.",
    )  # fmt: skip


def _loaded() -> None:
    """Has the collector go on where it rested meanwhile, and leave alone what is loaded."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _diagnose(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli.diagnose import diagnose_paths

    _loaded()
    return diagnose_paths(
        given.paths, given.format, given.fail_on, given.now, given.timeout,
        stores=not given.no_store,
    )  # fmt: skip


def _report(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli.pages import write_report

    _loaded()
    return write_report(
        given.paths, given.output, given.timeout, stores=not given.no_store
    )


def _serve(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli import pages

    _loaded()
    return pages.serve(given.paths, given.host, given.port)


def _scan(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli.scan import scan_urls

    _loaded()
    return scan_urls(
        given.urls, given.output, given.now, given.workers, given.others,
        stores=not given.no_store,
    )  # fmt: skip


def _watch(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli.watch import watch_paths

    _loaded()
    return watch_paths(given)


def _alerts(_: argparse.Namespace) -> int:
    from tb_zeroacc.monitoring.shipped import ALERTS

    sys.stdout.write(ALERTS.read_text("utf-8"))
    return CLEAN


def _dashboard(_: argparse.Namespace) -> int:
    from tb_zeroacc.monitoring.shipped import DASHBOARD

    sys.stdout.write(DASHBOARD.read_text("utf-8"))
    return CLEAN


def _rules(_: argparse.Namespace) -> int:
    from tb_zeroacc.cli.rules import print_rules

    _loaded()
    print_rules()
    return CLEAN


def _explain(given: argparse.Namespace) -> int:
    from tb_zeroacc.cli.rules import print_page

    _loaded()
    return print_page(given.code)
