"""Writes the frontend's types from Python's: `python tools/wire_types.py [--check] WIRE.ts`."""

from __future__ import annotations

import inspect
import json
import re
import sys
from functools import reduce
from operator import or_
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from tb_zeroacc import wire
from tb_zeroacc.plugin import responses as tab_wire
from tb_zeroacc.wire import evidence, fleet

MODULES = (evidence, wire, tab_wire, fleet)
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}
HEAD = """\
// Written by `make wire` from tb_zeroacc/wire/ and plugin/responses.py: edit those.
// JSON knows no NaN and no infinity: they come as words.
"""
WIDTH = 100


def text() -> str:
    """The whole file of TypeScript."""
    aliases: dict[str, Any] = {}
    interfaces: dict[str, Any] = {}
    for module in MODULES:
        for name, value in _defined_in(module).items():
            if is_typeddict(value):
                interfaces[name] = value
            elif get_origin(value) in (Literal, Union, UnionType):
                aliases[name] = value
    lines = [f"export type {name} = {_type(of, {}, interfaces)};" for name, of in aliases.items()]
    parts = ["\n".join(lines)]
    parts += [_interface(name, of, aliases, interfaces) for name, of in interfaces.items()]
    return HEAD + "\n" + "\n\n".join(parts) + "\n"


def _defined_in(module: ModuleType) -> dict[str, Any]:
    """What the module itself defines, in order: names that it imports are of another one."""
    source = inspect.getsource(module)
    names = re.findall(r"^(?:class )?(\w+)(?:\(TypedDict\):|: TypeAlias)", source, re.MULTILINE)
    return {name: getattr(module, name) for name in names}


def _interface(
    name: str, of: Any, aliases: dict[str, Any], interfaces: dict[str, Any]
) -> str:
    summary, told = _docs(of)
    lines = [_comment(summary, ""), f"export interface {name} {{"]
    for field, hint in get_type_hints(of, include_extras=True).items():
        optional = get_origin(hint) is NotRequired
        kind = get_args(hint)[0] if optional else hint
        lines.append(_comment(told[field], "  "))
        lines.append(f"  {field}{'?' if optional else ''}: {_type(kind, aliases, interfaces)};")
    return "\n".join([*lines, "}"])


def _docs(of: Any) -> tuple[str, dict[str, str]]:
    """The first paragraph of a docstring, and what it says of each attribute."""
    summary, _, attributes = inspect.cleandoc(of.__doc__).partition("\n\nAttributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", attributes, re.MULTILINE)
    return summary, {name: " ".join(words.split()) for name, words in entries}


def _comment(words: str, indent: str) -> str:
    line = f"{indent}/** {words} */"
    if len(line) <= WIDTH:
        return line
    rows, row = [], f"{indent} *"
    for word in words.split():
        if len(row) + 1 + len(word) > WIDTH:
            rows.append(row)
            row = f"{indent} *"
        row += f" {word}"
    return "\n".join([f"{indent}/**", *rows, row, f"{indent} */"])


def _type(hint: Any, aliases: dict[str, Any], interfaces: dict[str, Any]) -> str:
    """A type in TypeScript; a name of ours where there is one for it."""
    named = {**aliases, **interfaces}
    for name, of in named.items():
        if hint == of:
            return name
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return " | ".join(json.dumps(word) for word in arguments)
    if origin in (Union, UnionType):
        rest = tuple(kind for kind in arguments if kind is not NoneType)
        if len(rest) < len(arguments):
            return f"{_type(reduce(or_, rest), aliases, interfaces)} | null"
        return " | ".join(_type(kind, aliases, interfaces) for kind in arguments)
    if origin is list:
        inner = _type(arguments[0], aliases, interfaces)
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<string, {_type(arguments[1], aliases, interfaces)}>"
    return PLAIN[hint]


def main() -> None:
    """Writes the file that is named; with `--check` only says whether it is stale."""
    *options, name = sys.argv[1:]
    path = Path(name)
    if not options:
        path.write_text(text(), encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text():
        sys.exit(f"{path} is not what Python defines: run `make wire`.")


if __name__ == "__main__":
    main()
