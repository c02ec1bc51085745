"""The contract between the compiler and the runtime: graph models, version, canonical codec, JSON Schema, builder.

Imports nothing of ours. Emission and decoding are total: the IR version stands in one place.
"""
