"""The manifest as a value: TOML text in, capabilities and diagnostics-as-data out.

Touches no files and imports no project's code: Python signatures are read from text.
"""
