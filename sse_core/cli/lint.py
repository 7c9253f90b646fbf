"""``sse-core lint``: what is wrong with a stream, and where.

The findings come from ``linter.py``, the codes stand in ``codes.py``.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

from .answer import add_dialect
from .codes import CODES, ERROR, WARNING, matching
from .console import COMPLETE, ESCAPES, FINDINGS, USAGE, coloured, ended, opened, pieces
from .linter import Linter

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from .linter import Finding

__all__ = ["EXAMPLES", "configure", "run"]

EXAMPLES = """\
  sse-core lint capture.sse                       errors and warnings; exit code 1 for errors
  sse-core lint --strict --ignore W10,D7 *.sse    exit code 1 for warnings, too
  sse-core lint --select W - < capture.sse        the wire only; a letter is a family of codes
  sse-core lint --format json capture.sse | jq .code
  sse-core lint --dialect none capture.sse        the stream is of no model's provider

path:line:column: CODE message. Lines end at LF, CR or CRLF; columns count characters from 1.
docs/lint.md has the codes.
"""

#: A cassette is looked at as the stream that it holds.
STDIN = "<stdin>"
COLOURS = {ERROR: "\x1b[31m", WARNING: "\x1b[33m"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add its arguments."""
    for name, what in (("--select", "only these"), ("--ignore", "not these")):
        parser.add_argument(name, action="append", metavar="CODE", help=f"{what} codes: W4,W7 or W")
    parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings, too")
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="json: one line each"
    )
    add_dialect(parser, "none")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", default=["-"], help="captures, or - for stdin"
    )


def run(options: argparse.Namespace) -> int:
    """Write the findings of each file."""
    wanted = matching(options.select) if options.select else frozenset(CODES)
    wanted -= matching(options.ignore) if options.ignore else frozenset()
    counts: Counter[str] = Counter()
    unread = COMPLETE
    for path in options.files:
        options.file = path
        try:
            for finding in _findings(options):
                if finding.code in wanted:
                    counts[CODES[finding.code].severity] += 1
                    _show(finding, STDIN if path == "-" else path, options)
        except BrokenPipeError:
            raise
        except OSError as error:
            unread = ended(USAGE, f"{path}: {error.strerror}")
    if counts and options.format == "text":
        told = [f"{counts[kind]} {kind}{'s' * (counts[kind] != 1)}" for kind in COLOURS]
        ended(FINDINGS, " and ".join(told))
    failed = counts[ERROR] or (options.strict and counts[WARNING])
    return unread or (FINDINGS if failed else COMPLETE)


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    linter = Linter(options.dialect)
    with opened(options) as source:
        for piece in pieces(source):
            yield from linter.feed(piece)
    yield from linter.close()
    if linter.dialect == "auto" and options.dialect == "auto":
        name = STDIN if options.file == "-" else options.file
        ended(COMPLETE, f"{name}: nothing shows a dialect, so that only the wire was looked at")


def _show(finding: Finding, path: str, options: argparse.Namespace) -> None:
    severity = CODES[finding.code].severity
    if options.format == "json":
        fields = {"path": path, **finding._asdict(), "severity": severity}
        line = json.dumps(fields, ensure_ascii=False)
    else:
        code = finding.code
        if coloured(sys.stdout):
            code = f"{COLOURS[severity]}{code}\x1b[0m"
        path, message = path.translate(ESCAPES), finding.message.translate(ESCAPES)
        line = f"{path}:{finding.line}:{finding.column}: {code} {message}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
