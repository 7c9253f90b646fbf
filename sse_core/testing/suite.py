"""The checks as tests, one id each: ``pytest --sse-decoder NAME --pyargs sse_core.testing.suite``.

``NAME`` is ``package.module:factory``. The plugin that pytest finds by itself does nothing until
this option is given.
"""

from __future__ import annotations

from .conformance import Check

__all__ = ["test_decoder"]


def test_decoder(sse_check: Check) -> None:
    """A vector, or a law."""
    sse_check.run()
