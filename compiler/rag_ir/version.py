"""The toolchain's version: the one place where it stands. The version of the IR is another thing (`graph.IR_VERSION`)."""

from __future__ import annotations

VERSION = "0.1.0"
