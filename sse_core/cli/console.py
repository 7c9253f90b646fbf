"""What every command shares: where its bytes come from, and how it speaks.

What a model wrote is not trusted: characters that would steer a terminal are escaped unless
``--raw`` is given. Messages go to stderr, one line each.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import nullcontext
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

__all__ = [
    "BROKEN_PIPE",
    "COMPLETE",
    "ESCAPES",
    "FINDINGS",
    "INTERRUPTED",
    "IN_BAND_ERROR",
    "PIECE",
    "TRUNCATED",
    "USAGE",
    "add_source",
    "at_least_one",
    "chunks",
    "coloured",
    "ended",
    "opened",
    "pieces",
    "positive",
    "write",
]

COMPLETE, FINDINGS, USAGE, TRUNCATED, IN_BAND_ERROR = range(5)
INTERRUPTED, BROKEN_PIPE = 128 + 2, 128 + 13  # as a shell reports SIGINT and SIGPIPE

PIECE = 64 * 1024

#: Of this size on, a file is long, and somebody may wonder how far it is; and how often it is told.
LONG_FILE, EVERY = 8 * 1024 * 1024, 4 * 1024 * 1024

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


def add_source(parser: argparse.ArgumentParser, *, raw: bool = True) -> None:
    """The arguments that say where the input is, and whether what comes out is escaped."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "file", nargs="?", metavar="FILE", help="a capture or a cassette, or - for stdin"
    )
    source.add_argument("--sample", action="store_true", help="a sample from the package")
    if raw:
        parser.add_argument(
            "--raw", action="store_true", help="do not escape what could steer a terminal"
        )


def opened(options: argparse.Namespace) -> AbstractContextManager[IO[bytes]]:
    """The file that the arguments of ``add_source`` name."""
    if getattr(options, "sample", False):
        from importlib import resources

        return resources.files("sse_core").joinpath("samples/openai-chat.sse").open("rb")
    if options.file == "-":
        return nullcontext(sys.stdin.buffer)
    return open(options.file, "rb")


def pieces(source: IO[bytes]) -> Iterator[bytes]:
    """The stream, in whatever pieces the system hands out; those of a cassette, if it is one."""
    return (data for _, data in chunks(source))


def chunks(source: IO[bytes]) -> Iterator[tuple[float | None, bytes]]:
    """The same with times: seconds since the beginning, ``None`` if the input is no cassette."""
    reads = _told(source)
    head = b""
    for piece in reads:
        head += piece
        # A capture does not begin with a brace, so that nobody waits here for more than is there.
        if not head.startswith(b"{") or b"\n" in head or len(head) >= PIECE:
            break
    if head.startswith(b"{") and b'"sse-core cassette"' in head.partition(b"\n")[0]:
        from ..cassette import read_cassette

        yield from read_cassette(_lines(head, reads))
        return
    if head:
        yield None, head
    for piece in reads:
        yield None, piece


def _lines(head: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []  # the line that has not ended
    for piece in chain([head], rest):
        first, *others = piece.split(b"\n")
        held.append(first)
        for other in others:
            yield b"".join(held)
            held = [other]
    yield b"".join(held)


def _told(source: IO[bytes]) -> Iterator[bytes]:
    """What can be read; on stderr how far that is, if the file is long and a person waits."""
    # read1 returns what is there, and does not wait until the piece is full.
    read: Any = getattr(source, "read1", source.read)
    reads = iter(lambda: read(PIECE), b"")
    size = _size_worth_telling(source)
    if not size:
        yield from reads
        return
    done = told = 0
    try:
        for piece in reads:
            yield piece
            done += len(piece)
            if done >= told + EVERY:
                told = done
                sys.stderr.write(f"\rsse-core: {done * 100 // size:3} % of {size >> 20} MiB")
                sys.stderr.flush()
    finally:
        sys.stderr.write("\r" + " " * 40 + "\r")
        sys.stderr.flush()


def _size_worth_telling(source: IO[bytes]) -> int:
    """The size of a long file in bytes; 0 if it is not, or there is nobody to tell.

    Nor if stdout is a terminal: something moves there already.
    """
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return 0
    try:
        status = os.fstat(source.fileno())
    except (OSError, ValueError, AttributeError):  # a sample in an archive
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) and status.st_size >= LONG_FILE else 0


def coloured(stream: IO[str]) -> bool:
    """Whether colours may be used: a terminal, and no wish against them (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write(text: str, options: argparse.Namespace) -> None:
    """Text on stdout, at once."""
    sys.stdout.write(text if options.raw else text.translate(ESCAPES))
    sys.stdout.flush()


def ended(code: int, message: str) -> int:
    """The code; the message, if there is one, is said on stderr."""
    if message:
        one_line = message.translate({**ESCAPES, 0x0A: " "})
        print(f"sse-core: {one_line}", file=sys.stderr)
    return code


def positive(text: str) -> float:
    """An argument that is a number above zero."""
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError
    return value


def at_least_one(text: str) -> int:
    """An argument that is an int, 1 or more."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value
