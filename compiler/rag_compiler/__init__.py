"""Text and registry in, values out: parse, lower, resolve, check, emit, verify.

Pure: no files, no clock, no async, no protocol. Nothing in it raises on bad input.
"""
