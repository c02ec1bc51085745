"""A project on disk: finds and reads the manifest, sources and tool files.

Holds no policy: it hands text to the compiler and values to the caller.
"""
