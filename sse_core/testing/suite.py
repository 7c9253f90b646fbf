"""The checks as tests, one id each: ``pytest --sse-decoder NAME --pyargs sse_core.testing.suite``.

``NAME`` is ``package.module:factory``. The plugin that pytest finds by itself does nothing until
this option is given, or ``--sse-stream``, or ``--sse-encoder``.
"""

from __future__ import annotations

from unittest import SkipTest

from .conformance import Check
from .failures import ConformanceError

__all__ = ["test_conformance"]


def test_conformance(sse_check: Check) -> None:
    """A vector, or a law."""
    try:
        sse_check.run()
    except ConformanceError as error:
        if sse_check.kind == "either":
            raise SkipTest(f"a third reading, where two are right: {error}") from None
        raise
