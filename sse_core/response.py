"""What a response comes to."""

from __future__ import annotations

from enum import Enum

__all__ = ["Outcome"]


class Outcome(Enum):
    """How a response ended. The evidence stands beside it, in ``ResponseEnd``."""

    COMPLETE = "complete"
    """The provider said that it was done."""
    INCOMPLETE = "incomplete"
    """It said that it stopped early: length, filter."""
    FAILED = "failed"
    """It reported an error, which beats any finish reason."""
    TRUNCATED = "truncated"
    """The input ended without a sign that the response had."""
    EMPTY = "empty"
    """No event came at all."""
    NOT_SSE = "not_sse"
    """The input is another format, a JSON or HTML body for example."""
    UNKNOWN = "unknown"
    """It ended properly, and never said why; or nothing in it was of this dialect."""
