"""What is copied from project to project, with the same names: change the import, keep the code.

* ``httpx_sse``: ``EventSource``, ``ServerSentEvent``, ``SSEError``, ``connect_sse``,
  ``aconnect_sse`` of the library of that name, in front of any client that has its methods.
* ``stainless``: ``SSEDecoder`` and ``ServerSentEvent`` as they stand in the SDKs that Stainless
  generates.

Both copies are one algorithm, which ``blocks.py`` has: lines in, events out. The interface is
theirs, and so is what their users rely on and their own tests ask for: events without data, a
``retry`` that belongs to its event, a type that is ``None``. Where they are plainly wrong they are
not followed; ``docs/replace-your-copy.md`` names each difference.

New code has no need of these: ``sse_core.iter_events`` is faster, and exactly the standard.
"""

__all__: list[str] = []
