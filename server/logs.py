"""How the program writes its log: one event a line, on stderr, with the request's id.

Law: no secret and no line break from outside reaches the log. Values under a telling name are
left out, control characters are shown as escapes, long values are cut.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile(
    r"pass(?:word|wd|phrase)|secret|token|cookie|authori[sz]ation|private|csrf|signature|pem\b",
    re.IGNORECASE,
)
_LEFT_OUT = "[left out]"
_MAX_VALUE_CHARACTERS = 2_000
# C0, DEL, C1, line and paragraph separators, and the marks that turn text around: with these a
# visitor's text could forge a second line, or colour or hide what stands before it.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ROOMS = ("server", "federation", "storage", "web")
_LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(
    level: Literal["debug", "info", "warning", "error"] = "info",
    fmt: Literal["console", "json"] = "console",
    *,
    stream: TextIO | None = None,
) -> None:
    """Set up structlog, and the standard logging of libraries, for the whole process.

    Libraries speak from warnings on. `stream` is stderr where none is given.
    """
    where = sys.stderr if stream is None else stream
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(where)
    handler.setFormatter(_formatter(fmt, has_colours=fmt == "console" and where.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))
    for room in _ROOMS:
        logging.getLogger(room).setLevel(_LEVELS[level])


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Leave out what stands under a telling name, at any depth."""
    return {
        key: _LEFT_OUT if _SECRET.search(key) else _without_secrets(value)
        for key, value in event.items()
    }


def on_one_line(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape control characters and cut long values; a traceback keeps its lines, indented."""
    return {
        key: _indented(str(value)) if key == "exception" else _plain(value)
        for key, value in event.items()
    }


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,  # the request's id
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_secrets,
        structlog.processors.format_exc_info,  # plain: a pretty traceback prints local variables
        on_one_line,
    ]


def _formatter(fmt: str, *, has_colours: bool) -> logging.Formatter:
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(
            colors=has_colours, exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 - a log's values are anything
    if isinstance(value, Mapping):
        return {
            key: _LEFT_OUT if _SECRET.search(str(key)) else _without_secrets(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, Mapping):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return _CONTROLS.sub(_escaped, str(value))[:_MAX_VALUE_CHARACTERS]


def _indented(traceback: str) -> str:
    return "\n".join(f"    {_plain(line)}" for line in traceback.splitlines())


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
