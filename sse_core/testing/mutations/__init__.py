"""Known quirks, put into clean streams: ``MUTATIONS``, by their id in the catalogue.

::

    mutation = MUTATIONS["T3"]
    for dialect, answers in mutation.dialects.items():
        answer = data.draw(answers)
        chunks = DIALECTS[dialect].write(answer, data.draw)
        mutated = mutation.apply(chunks, data.draw)         # chunks, bytes, or None
        # The same response, but for what is lost, and no report but the quirk's:
        #   without(found, mutation.loses) == without(answer, mutation.loses)
        #   {anomaly.quirk for anomaly in anomalies} <= mutation.reports

``None`` says that this stream has nothing to mutate. It is rare: ``mutation.dialects`` holds the
answers that fit. Which quirks are legal stands in ``base.LEGAL``.
"""

from __future__ import annotations

from ..streams import EOL, Chunk, to_bytes
from . import calls, chat, framing, named
from .base import ALSO, LEGAL, MUTATIONS, Mutated, Mutation, dialect_of

__all__ = ["ALSO", "LEGAL", "MUTATIONS", "Mutated", "Mutation", "as_bytes", "dialect_of"]

_FAMILIES = (framing, chat, calls, named)  # imported for what they enter


def as_bytes(dialect: str, mutated: bytes | list[Chunk]) -> bytes:
    """What ``Mutation.apply`` made, as a stream."""
    return mutated if isinstance(mutated, bytes) else to_bytes(mutated, EOL[dialect])
