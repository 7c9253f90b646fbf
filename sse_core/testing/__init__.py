"""The public toolkit: hold a decoder, ours or anybody's, to the laws.

* ``check_decoder(factory)``: one call, one report with the smallest failing input;
  ``check_stream(factory)`` for mergers of provider streams, ``check_encoder(encode)``.
* ``python -m sse_core.testing run package.module:factory``: the same as a command, with a report on
  every check and a list of failures that are expected; for other languages, too.
* ``pytest --sse-decoder package.module:factory --pyargs sse_core.testing.suite``: a test for each.
* ``vectors``: short streams and what they mean, as data for any language.
* ``adapters``: how decoders of other shapes are driven; ``peers``: those of released libraries;
  ``process``: programs in other languages.
* ``reference``: the slow model, written from the standard's text, sharing no code with ``wire``.
* ``chunkings``: ways to cut bytes; ``strategies``: Hypothesis strategies for streams.
* ``streams``: what each dialect says, generated; ``mutations``: with known quirks put in.

All that generates inputs needs hypothesis: ``pip install sse-core[testing]``. The rest needs the
standard library only.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .adapters import Adapter, adapt, pulled
    from .conformance import LAWS, Check, ConformanceError, check_decoder, decoder_checks
    from .encoder_conformance import check_encoder
    from .stream_conformance import StreamAdapter, check_stream, stream_checks

__all__ = [
    "LAWS",
    "Adapter",
    "Check",
    "ConformanceError",
    "StreamAdapter",
    "adapt",
    "check_decoder",
    "check_encoder",
    "check_stream",
    "decoder_checks",
    "pulled",
    "stream_checks",
]

# What is not in conformance.py.
_WHERE = {
    "Adapter": "adapters",
    "adapt": "adapters",
    "pulled": "adapters",
    "check_encoder": "encoder_conformance",
    "StreamAdapter": "stream_conformance",
    "check_stream": "stream_conformance",
    "stream_checks": "stream_conformance",
}


def __getattr__(name: str) -> Any:
    # When they are asked for: pytest imports this package at each start, for its plugin.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE.get(name, 'conformance')}", __name__), name)
