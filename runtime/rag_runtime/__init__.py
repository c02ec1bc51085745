"""Executes IR; never imports the compiler.

The machine has no I/O, clock, randomness or async; drivers have no policy.
"""
