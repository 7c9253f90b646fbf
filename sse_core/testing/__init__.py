"""The public toolkit: hold a decoder, ours or anybody's, to the laws.

* ``check_decoder(factory)``: one call, one report with the smallest failing input.
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

__all__ = [
    "LAWS",
    "Adapter",
    "Check",
    "ConformanceError",
    "adapt",
    "check_decoder",
    "decoder_checks",
    "pulled",
]

_IN_ADAPTERS = ("Adapter", "adapt", "pulled")


def __getattr__(name: str) -> Any:
    # When they are asked for: pytest imports this package at each start, for its plugin.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(".adapters" if name in _IN_ADAPTERS else ".conformance", __name__)
    return getattr(module, name)
