"""The command ``sse-core``: works on a captured stream, from a file or as it comes in on stdin.

It reads bytes, never the network. ``COMMANDS`` is the table of what it can do; a command's file is
loaded when it is asked for, and has three names:

* ``EXAMPLES``: the end of its ``--help``: a command a line, and what it is for;
* ``configure(parser)``: adds its arguments;
* ``run(options)``: does it, and returns the exit code.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import UsageError, WireError
from .console import BROKEN_PIPE, INTERRUPTED, TRUNCATED, USAGE, ended

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "build_parser", "main"]

#: Name: its file in this folder, and what it does. A new command is a row.
COMMANDS = {
    "text": ("text", "the assistant's text, live"),
    "tools": ("tools", "one JSON line for each tool call, when it is over"),
    "final": ("final", "the whole answer as JSON"),
    "events": ("events", "one JSON line for each server-sent event"),
    "stats": ("stats", "counts, times, usage and how it ended"),
    "lint": ("lint", "what is wrong with a stream, by line and column"),
    "timeline": ("timeline", "a picture of what came when"),
    "record": ("record", "pass stdin on, and keep when each chunk of it came"),
    "replay": ("replay", "write the chunks of a cassette as they came"),
    "cut": ("cut", "cut a capture into other chunks, as a cassette"),
    "encode": ("encode", "JSON lines to server-sent events"),
    "vendor": ("vendor", "the wire decoder as one file of Python, to copy"),
    "completion": ("completion", "the completion script of a shell"),
}

EPILOG = """\
exit codes:
  0    complete, or as complete as the provider meant it to be
  1    lint found errors
  2    usage: bad arguments, a file that cannot be read, input that is not an event stream
  3    truncated: the stream ends before it is complete, or passes a limit
  4    the provider reported an error within the stream

examples:
  curl -sN ... | sse-core text -        the answer, as it is written
  sse-core tools capture.sse            one JSON line for each tool call, when it is over
  sse-core final --native capture.sse   the answer as the provider gives it unstreamed
  sse-core events capture.sse           one JSON line for each server-sent event
  sse-core lint capture.sse             what clients of this stream will stumble over
  sse-core text --sample                try it on a sample that comes with the package
  sse-core COMMAND --help               the arguments of a command, and examples
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code, whatever the input holds."""
    if arguments is None:
        arguments = sys.argv[1:]
    options = build_parser(arguments[:1]).parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone, which is no error. Python would complain once more
        # when it flushes at exit, so what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except WireError as error:
        return ended(TRUNCATED, f"stopped: {error}")
    except UsageError as error:
        return ended(USAGE, str(error))
    except OSError as error:
        name = "" if error.filename is None else f"{error.filename}: "
        return ended(USAGE, f"{name}{error.strerror}")
    return code


def build_parser(wanted: Sequence[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser, with the arguments of these commands only: the others stay unloaded."""
    parser = argparse.ArgumentParser(
        prog="sse-core",
        description="Show and check captured event streams. Reads files or stdin, never the "
        "network.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for name, (file, what) in COMMANDS.items():
        loaded: Any = import_module(f".{file}", __name__) if name in wanted else None
        command = commands.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}.",
            epilog=loaded and f"examples:\n{loaded.EXAMPLES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if loaded:
            loaded.configure(command)
            command.set_defaults(run=loaded.run)
    return parser
