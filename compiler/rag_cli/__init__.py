"""The composition root: the command `rag`.

Imports every other package, each only by the command that needs it.
"""
