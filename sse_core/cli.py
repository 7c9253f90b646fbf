"""The command ``sse-core``: shows a captured stream, from a file or as it comes in on stdin.

It reads bytes in whatever pieces the system hands out, never the network. What a model wrote is
not trusted: characters that would steer a terminal are escaped unless ``--raw`` is given.
Messages go to stderr, one line each. The exit code says how the stream ended.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from contextlib import nullcontext
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from . import __version__, dialects
from .errors import WireError
from .events import Outcome, StreamError, StreamEvent, TextDelta, ToolCallEnd
from .merge import other_format
from .stream import StreamDecoder
from .wire import SSEDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

__all__ = ["main"]

COMPLETE, USAGE, TRUNCATED, IN_BAND_ERROR = 0, 2, 3, 4
INTERRUPTED, BROKEN_PIPE = 128 + 2, 128 + 13  # as a shell reports SIGINT and SIGPIPE

PIECE = 64 * 1024

EPILOG = """\
exit codes:
  0    complete, or as complete as the provider meant it to be
  2    usage: bad arguments, a file that cannot be read, input that is not an event stream
  3    truncated: the stream ends before it is complete, or passes a limit
  4    the provider reported an error within the stream

examples:
  curl -sN ... | sse-core text -        the answer, as it is written
  sse-core tools capture.sse            one JSON line for each tool call, when it is over
  sse-core final --native capture.sse   the answer as the provider gives it unstreamed
  sse-core events capture.sse           one JSON line for each server-sent event
  sse-core text --sample                try it on a sample that comes with the package
"""

#: How each outcome ends the command: exit code, and what is said on stderr.
ENDINGS = {
    Outcome.COMPLETE: (COMPLETE, ""),
    Outcome.INCOMPLETE: (COMPLETE, "the provider stopped the answer early"),
    Outcome.FAILED: (IN_BAND_ERROR, ""),  # said when it came
    Outcome.TRUNCATED: (TRUNCATED, "truncated: the stream ends before the answer is complete"),
    Outcome.EMPTY: (TRUNCATED, "empty: there is no event in the input"),
    Outcome.NOT_SSE: (USAGE, "not an event stream: the input looks like {format}"),
    Outcome.UNKNOWN: (COMPLETE, "the stream was ended, but the provider never said why"),
}
NO_CHUNK = (
    "none of the events is of the dialect {dialect}",
    "none of the events shows a dialect; name it with --dialect",
)

# What a terminal would obey, or show in another order: C0 and C1 controls with ESC and DEL but
# for tab and line feed, bidirectional marks, embeddings and isolates; and halves of surrogate
# pairs, which no terminal can show. The escapes are JSON's, so that JSON stays what it is.
UNSAFE = [
    *(set(range(0x20)) - {0x09, 0x0A}),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),
    *range(0xD800, 0xE000),
]
ESCAPES = {code: f"\\u{code:04x}" for code in UNSAFE}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code, whatever the input holds."""
    options = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8
    try:
        if "output" in options:  # the one command that reads nothing
            return _vendor(options.output)
        with _opened(options) as source:
            code: int = options.run(_pieces(source), options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone, which is no error. Python would complain once more
        # when it flushes at exit, so what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except WireError as error:
        return _ended(TRUNCATED, f"stopped: {error}")
    except OSError as error:
        name = "" if error.filename is None else f"{error.filename}: "
        return _ended(USAGE, f"{name}{error.strerror}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sse-core",
        description="Show a captured event stream. Reads a file or stdin, never the network.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    text = commands.add_parser("text", help="the assistant's text, live")
    text.set_defaults(run=_text)
    text.add_argument("--choice", type=int, default=0, help="which of several answers (default 0)")

    tools = commands.add_parser("tools", help="one JSON line for each tool call, when it is over")
    tools.set_defaults(run=_tools)

    final = commands.add_parser("final", help="the whole answer as JSON")
    final.set_defaults(run=_final)
    final.add_argument(
        "--native", action="store_true", help="in the provider's own shape for unstreamed answers"
    )
    for command in (text, tools, final):
        command.add_argument(
            "--dialect",
            default="auto",
            choices=["auto", *sorted(dialects.DIALECTS)],
            help="wire format (default: the one that the stream shows)",
        )

    events = commands.add_parser("events", help="one JSON line for each server-sent event")
    events.set_defaults(run=_events)

    vendor = commands.add_parser("vendor", help="the wire decoder as one file of Python, to copy")
    vendor.add_argument("--output", metavar="FILE", help="where to (default: stdout)")

    for command in (text, tools, final, events):
        source = command.add_mutually_exclusive_group(required=True)
        source.add_argument("file", nargs="?", metavar="FILE", help="a capture, or - for stdin")
        source.add_argument("--sample", action="store_true", help="a sample from the package")
        command.add_argument(
            "--raw", action="store_true", help="do not escape what could steer a terminal"
        )
    return parser


# -- the commands -----------------------------------------------------------------------------


def _text(pieces: Iterator[bytes], options: argparse.Namespace) -> int:
    stream = StreamDecoder(options.dialect)
    last = "\n"
    for event in _decoded(stream, pieces):
        if isinstance(event, TextDelta) and event.choice == options.choice:
            last = event.text
            _write(last, options)
    if sys.stdout.isatty() and not last.endswith("\n"):
        _write("\n", options)
    return _verdict(stream)


def _tools(pieces: Iterator[bytes], options: argparse.Namespace) -> int:
    stream = StreamDecoder(options.dialect)
    for event in _decoded(stream, pieces):
        if isinstance(event, ToolCallEnd):
            fields = {name: getattr(event, name) for name in TOOL_FIELDS}
            _write(json.dumps(fields, ensure_ascii=False) + "\n", options)
    return _verdict(stream)


TOOL_FIELDS = (
    *("choice", "block", "kind", "name", "id", "id_is_synthetic"),
    *("complete", "problem", "arguments", "parsed"),
)


def _final(pieces: Iterator[bytes], options: argparse.Namespace) -> int:
    stream = StreamDecoder(options.dialect)
    for _ in _decoded(stream, pieces):
        pass
    if options.native and stream.dialect != "auto":
        answer = stream.native()
    else:
        answer = {"dialect": stream.dialect, **stream.response.as_dict()}
    _write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n", options)
    return _verdict(stream)


def _decoded(stream: StreamDecoder, pieces: Iterator[bytes]) -> Iterator[StreamEvent]:
    """All events; what the provider reports as an error is said at once."""
    # Closed twice: where the end itself passes a limit, the second time says so.
    closing = (stream.close() for _ in range(2))
    for events in chain((stream.feed(piece) for piece in pieces), closing):
        for event in events:
            if isinstance(event, StreamError):
                _ended(IN_BAND_ERROR, f"error from the provider: {event}")
            yield event


def _verdict(stream: StreamDecoder) -> int:
    outcome = stream.outcome
    if outcome is Outcome.UNKNOWN and not stream.over:
        why = NO_CHUNK[stream.dialect == "auto"].format(dialect=stream.dialect)
        return _ended(USAGE, f"{why}; {stream.detected}" if stream.detected else why)
    if outcome is Outcome.FAILED and stream.response.error is None:
        return _ended(IN_BAND_ERROR, "the provider ended the answer with an error it did not name")
    code, message = ENDINGS[outcome]
    return _ended(code, message.format(format=other_format(stream.head)))


def _events(pieces: Iterator[bytes], options: argparse.Namespace) -> int:
    decoder = SSEDecoder()
    count, head = 0, b""
    for piece in pieces:
        head = head or piece.lstrip()
        for event in decoder.feed(piece):
            fields = {"n": count, "start": event.start, "end": event.end, "event": event.event}
            line = json.dumps({**fields, "id": event.id, "data": event.data}, ensure_ascii=False)
            _write(line + "\n", options)
            count += 1
    decoder.close()
    if not count:
        found = other_format(head)
        outcome = Outcome.NOT_SSE if found else Outcome.EMPTY
        code, message = ENDINGS[outcome]
        return _ended(code, message.format(format=found))
    if decoder.tail is not None:
        size = decoder.tail.end - decoder.tail.start
        return _ended(TRUNCATED, f"truncated: {size} bytes of an unfinished event at the end")
    return COMPLETE


def _vendor(output: str | None) -> int:
    from . import vendor

    source = vendor.export().encode()
    with open(output, "wb") if output else nullcontext(sys.stdout.buffer) as file:
        file.write(source)
        file.flush()
    return COMPLETE


# -- input and output -------------------------------------------------------------------------


def _opened(options: argparse.Namespace) -> AbstractContextManager[IO[bytes]]:
    if options.sample:
        from importlib import resources

        return resources.files("sse_core").joinpath("samples/openai-chat.sse").open("rb")
    if options.file == "-":
        return nullcontext(sys.stdin.buffer)
    return open(options.file, "rb")


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    # read1 returns what is there, and does not wait until the piece is full.
    read: Any = getattr(source, "read1", source.read)
    return iter(lambda: read(PIECE), b"")


def _write(text: str, options: argparse.Namespace) -> None:
    sys.stdout.write(text if options.raw else text.translate(ESCAPES))
    sys.stdout.flush()


def _ended(code: int, message: str) -> int:
    if message:
        one_line = message.translate({**ESCAPES, 0x0A: " "})
        print(f"sse-core: {one_line}", file=sys.stderr)
    return code
