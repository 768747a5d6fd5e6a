"""Requests and responses: GET alone, checked arguments, nothing that the browser holds already."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from tensorboard import errors
from tensorboard.backend import http_util
from werkzeug import wrappers

from tb_zeroacc.plugin.questions import quoted

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from werkzeug.datastructures import Headers

Handler: TypeAlias = "Callable[[wrappers.Request], wrappers.Response]"
App: TypeAlias = "WSGIApplication"

GZIPPED = "-gzip"  # ends the tag of a compressed answer: other bytes, another tag


def get_only(handler: Handler) -> App:
    """A WSGI application that answers GET and HEAD alone."""

    @wrappers.Request.application
    def serve(request: wrappers.Request) -> wrappers.Response:
        if request.method not in ("GET", "HEAD"):
            allowed = [("Allow", "GET, HEAD")]
            said = "only GET is answered here"
            refusal = http_util.Respond(request, said, "text/plain", code=405, headers=allowed)
            return cast(wrappers.Response, refusal)
        return handler(request)

    return serve


def respond(
    request: wrappers.Request,
    content: str | bytes | None,
    tag: str,
    content_type: str = "application/json",
    *,
    again_in: int | None = None,
) -> wrappers.Response:
    """The content, sent only where the browser does not hold it already.

    Args:
        request: What was asked.
        content: What to send; None where the tag is among `tags_held`.
        tag: Tells this content from any other at the same address.
        content_type: Of the content.
        again_in: Seconds after which to ask again, because something newer is under way.
    """
    headers = [("Vary", "Accept-Encoding")]
    if again_in is not None:
        headers.append(("Retry-After", str(again_in)))
    for held in (tag, tag + GZIPPED):
        if request.if_none_match.contains_weak(held):
            headers += [("ETag", f'"{held}"'), ("X-Content-Type-Options", "nosniff")]
            return _Unchanged(status=304, headers=headers, content_type=content_type)
    made = http_util.Respond(request, content, content_type, headers=headers)
    response = cast(wrappers.Response, made)
    response.set_etag(tag + (GZIPPED if response.headers.get("Content-Encoding") else ""))
    return response


def tags_held(request: wrappers.Request) -> frozenset[str]:
    """Tags of the answers that the browser holds, compressed or not."""
    held = request.if_none_match.as_set(include_weak=True)
    return frozenset(tag.removesuffix(GZIPPED) for tag in held)


def unavailable(request: wrappers.Request, sentence: str, again_in: int) -> wrappers.Response:
    """The answer that nobody can answer now.

    Args:
        request: What was asked.
        sentence: Why.
        again_in: Seconds after which to ask again.
    """
    headers = [("Retry-After", str(again_in))]
    made = http_util.Respond(request, sentence, "text/plain", code=503, headers=headers)
    return cast(wrappers.Response, made)


def training_named(request: wrappers.Request, argument: str) -> str:
    """The name of a training that an argument gives.

    Raises:
        errors.InvalidArgumentError: The argument is missing.
    """
    name = request.args.get(argument)
    if name is None:
        raise errors.InvalidArgumentError(f"{argument} must name a training")
    return name


def several_named(request: wrappers.Request, argument: str, most: int) -> tuple[str, ...]:
    """The names of trainings that an argument gives, once for each.

    Raises:
        errors.InvalidArgumentError: There are none, or too many.
    """
    names = tuple(dict.fromkeys(request.args.getlist(argument)))
    if 1 <= len(names) <= most:
        return names
    raise errors.InvalidArgumentError(
        f"{argument} must name 1 to {most} trainings. Received: {len(names)}"
    )


def whole_number(
    request: wrappers.Request, name: str, default: int, least: int, most: int
) -> int:
    """An argument that is a whole number.

    Raises:
        errors.InvalidArgumentError: It is none, or out of bounds.
    """
    given = request.args.get(name)
    if given is None:
        return default
    if re.fullmatch("[0-9]{1,12}", given) and least <= int(given) <= most:
        return int(given)
    raise errors.InvalidArgumentError(
        f"{name} must be a whole number from {least} to {most}. Received: {quoted(given)}"
    )


class _Unchanged(wrappers.Response):
    """An empty answer that keeps its type: TensorBoard warns of any that has none."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Content-Type"] = self.headers["Content-Type"]
        return headers
