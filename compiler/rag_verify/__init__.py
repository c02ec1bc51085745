"""Graph analyses and policies over shapes of the IR, free of spans; used by the compiler and by the runtime.

A finding speaks of nodes and channels; it names JSON pointers, and the compiler adds the spans.
"""

from __future__ import annotations

from rag_verify.documents import verify

__all__ = ["verify"]
