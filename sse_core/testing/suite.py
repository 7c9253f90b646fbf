"""The checks as tests, one id each: ``pytest --sse-decoder NAME --pyargs sse_core.testing.suite``.

``NAME`` is ``package.module:factory``. The plugin that pytest finds by itself does nothing until
this option is given, or ``--sse-stream``, or ``--sse-encoder``.
"""

from __future__ import annotations

from .conformance import Check

__all__ = ["test_conformance"]


def test_conformance(sse_check: Check) -> None:
    """A vector, or a law."""
    sse_check.run()
