"""The public toolkit: hold a decoder, ours or anybody's, to the laws of the wire.

* ``check_decoder(factory)``: one call, one report with the smallest failing input.
* ``conformance``: the laws one by one, and ``TRAPS``, streams that released decoders get wrong.
* ``reference``: the slow model, written from the standard's text, sharing no code with ``wire``.
* ``chunkings``: ways to cut bytes; ``strategies``: Hypothesis strategies for streams.

Everything but the strategies needs the standard library only; ``check_decoder`` generates its
inputs with them: ``pip install sse-core[testing]``.
"""

from .conformance import LAWS, TRAPS, ConformanceError, check_decoder

__all__ = ["LAWS", "TRAPS", "ConformanceError", "check_decoder"]
