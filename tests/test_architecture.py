"""The rooms of the house: who may import whom, and what a bare import pulls in."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tb_zeroacc"
# A room, the rooms of ours below it, and the libraries that it may import. `errors` and `wording`
# are open to all.
OPEN = {"tb_zeroacc", "errors", "wording"}
ROOMS: dict[str, tuple[set[str], set[str]]] = {
    "errors": (set(), set()),
    "wording": (set(), set()),
    "facts": (set(), set()),
    "records": ({"facts"}, {"numpy", "tensorboard"}),
    "tfrecord": (set(), {"google_crc32c"}),
    "series": (set(), {"numpy"}),
    "histograms": (set(), {"numpy"}),
    "workers": (set(), set()),
    "run": ({"facts", "series", "histograms", "workers"}, {"numpy"}),
    "recording": ({"facts", "records", "tfrecord"}, {"numpy", "fsspec"}),
    "logs": (
        {"facts", "records", "tfrecord", "series", "histograms", "run", "workers"},
        {"numpy", "tensorboard", "google", "google_crc32c", "fsspec", "yaml"},
    ),
    "diagnosis": ({"facts", "run", "series", "workers"}, {"numpy"}),
    "packing": ({"logs", "run", "diagnosis"}, set()),
    "pool": ({"logs", "run", "diagnosis", "packing"}, set()),
    "store": ({"logs", "run", "diagnosis", "packing"}, {"numpy", "platformdirs"}),
    "verdict": ({"logs", "run", "diagnosis", "pool", "store"}, set()),
    "wire": (set(), set()),
    "telling": ({"wire", "facts", "run", "diagnosis"}, {"numpy"}),
    "marking": ({"run", "diagnosis"}, {"numpy"}),
    "evidence_encoding": ({"wire", "telling", "marking", "run", "diagnosis"}, set()),
    "picturing": (
        {"wire", "telling", "evidence_encoding", "run", "facts", "diagnosis"},
        {"numpy"},
    ),
    "encoding": (
        {"wire", "telling", "evidence_encoding", "picturing", "verdict", "run", "diagnosis"}, set()
    ),
    "metrics": ({"telling", "verdict", "run", "diagnosis"}, {"prometheus_client"}),
    "arguments": (set(), set()),
    "places": (set(), set()),
    "announcing": ({"arguments", "telling", "verdict"}, set()),
    "keras": (
        {"facts", "records", "arguments", "announcing", "recording", "verdict", "diagnosis"},
        {"numpy", "tensorflow", "keras"},
    ),
    "plugin": (
        {"wire", "telling", "encoding", "evidence_encoding", "verdict", "logs",
         "picturing", "run", "facts", "series", "histograms", "diagnosis", "places", "pool",
         "metrics"},
        {"numpy", "tensorboard", "werkzeug"},
    ),
    "report": (
        {"wire", "telling", "encoding", "picturing", "verdict", "diagnosis", "run", "plugin",
         "places", "metrics"},
        {"rich", "tensorboard", "werkzeug"},
    ),
    "monitoring": (
        {"wire", "telling", "verdict", "diagnosis", "metrics", "plugin", "places", "report",
         "pool"},
        {"rich", "tensorboard", "werkzeug"},
    ),
    "fleet": (
        {"wire", "telling", "encoding", "verdict", "diagnosis", "logs", "pool", "plugin", "report",
         "store", "run", "tfrecord"},
        {"apache_beam", "pyarrow"},
    ),
    "cli": (
        {"telling", "verdict", "diagnosis", "plugin", "places", "report", "pool", "monitoring",
         "fleet"},
        {"tensorboard", "apache_beam"},
    ),
}

# The floors of the large rooms, from the ground up: each may import those below it.
FLOORS = {
    "keras": (
        "compat", "observe", "contract", "tables", "sampling", "fit", "loop", "taps", "callback",
        "monitor", "drawing", "preflight",
    ),
    "diagnosis": (
        "computed", "answers", "needs", "context", "answering", "diagnosis", "motif", "steps",
        "rule", "rules", "catalogue", "overview", "outcome", "engine",
    ),
}  # fmt: skip
EVERY_FLOOR = [(room, floor) for room, floors in FLOORS.items() for floor in floors]
MOST_MODULES = 15  # of a folder: more are no longer found by looking


def modules() -> list[Path]:
    return [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it, for types alone aside."""
    found = set()
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            inner = names & MODULES.keys()
            found |= inner
            if len(inner) < len(names):
                found.add(node.module)
    return found


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a file that are run, and not only read by a type checker."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from _running(node)


def _name_of(path: Path) -> str:
    name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {_name_of(path): path for path in PACKAGE.rglob("*.py")}


def test_no_modules_import_each_other() -> None:
    imported = {name: imports_of(path) & MODULES.keys() for name, path in MODULES.items()}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as fault:
        pytest.fail(f"a circle of imports: {' <- '.join(fault.args[1])}")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    room = room_of(path)
    ours, libraries = ROOMS[room]
    for name in imports_of(path):
        top, _, rest = name.partition(".")
        if top == "tb_zeroacc":
            other = rest.split(".")[0] if rest else "tb_zeroacc"
            allowed = ours | OPEN | {room}
            assert other in allowed or other.startswith("__"), f"{room} must not import {other}"
        elif top not in sys.stdlib_module_names:
            assert top in libraries, f"{room} must not import {top}"


@pytest.mark.parametrize(("room", "floor"), EVERY_FLOOR)
def test_floors_of_a_room_import_downwards(room: str, floor: str) -> None:
    start = f"{PACKAGE.name}.{room}"
    above = {f"{start}.{other}" for other in FLOORS[room][FLOORS[room].index(floor) + 1 :]}
    for module, path in MODULES.items():
        if f"{module}.".startswith(f"{start}.{floor}."):
            for name in imports_of(path):
                upwards = ".".join(name.split(".")[:3]) in above
                assert not upwards, f"{module} is below {name} and must not import it"


@pytest.mark.parametrize("room", FLOORS)
def test_every_module_of_a_room_stands_on_a_floor(room: str) -> None:
    there = {path.stem for path in (PACKAGE / room).iterdir() if path.stem[0] != "_"}
    assert there == set(FLOORS[room])


def test_no_folder_is_crowded() -> None:
    modules_of = Counter(path.parent for path in modules() if path.name != "__init__.py")
    del modules_of[PACKAGE / "diagnosis" / "rules"]  # their names are their order
    crowded = {str(at.relative_to(PACKAGE)): n for at, n in modules_of.items() if n > MOST_MODULES}
    assert not crowded, f"more than {MOST_MODULES} modules in a folder"


def imported_by(statement: str) -> set[str]:
    """Top-level packages that a statement pulls in, in a fresh interpreter."""
    command = [sys.executable, "-X", "importtime", "-c", statement]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    lines = [line.rsplit("|", 1)[-1].strip() for line in result.stderr.splitlines()]
    return {line.split(".")[0] for line in lines}


@pytest.mark.parametrize(
    "statement", ["import tb_zeroacc", "import tb_zeroacc.plugin.loader", "import tb_zeroacc.cli"]
)
def test_a_bare_import_is_light(statement: str) -> None:
    heavy = imported_by(statement) & {"tensorflow", "keras", "numpy", "fsspec", "rich", "google"}
    assert not heavy, f"`{statement}` pulls in {', '.join(sorted(heavy))}"


REFUSING = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refuse())
import tb_zeroacc

assert issubclass(tb_zeroacc.errors.MissingPackageError, ImportError)
from tb_zeroacc import {name}
"""


@pytest.mark.parametrize("name", ["Monitor", "ZeroAccuracyCallback", "tap"])
@pytest.mark.parametrize("missing", ["tensorflow", "keras"])
def test_without_what_recording_needs_one_sentence_says_so(missing: str, name: str) -> None:
    program = "import tb_zeroacc.errors\n" + REFUSING.format(missing=missing, name=name)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
    )  # fmt: skip
    assert result.returncode == 1
    assert result.stderr.count("Traceback") == 1, result.stderr
    assert result.stderr.splitlines()[-1] == (
        f"tb_zeroacc.errors.MissingPackageError: tb_zeroacc.{name} records Keras on TensorFlow, "
        f"and {missing!r} is not installed: pip install 'tb-zeroacc[tensorflow]'."
    )


def test_the_backend_that_is_missing_is_named() -> None:
    program = REFUSING.format(missing="torch", name="tap")
    result = subprocess.run(
        [sys.executable, "-c", "import tb_zeroacc.errors\n" + program], capture_output=True,
        text=True, timeout=120, env={**os.environ, "KERAS_BACKEND": "torch"},
    )  # fmt: skip
    assert "'torch' is not installed: set KERAS_BACKEND=tensorflow and " in result.stderr


def test_the_package_exports_what_it_promises() -> None:
    import tb_zeroacc

    promised = [
        "Monitor", "ZeroAccuracyCallback", "__version__", "check", "diagnose", "tap",
    ]  # fmt: skip
    assert sorted(tb_zeroacc.__all__) == promised
    with pytest.raises(AttributeError):
        _ = tb_zeroacc.nonsense
