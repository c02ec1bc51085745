"""The contract between the compiler and the runtime: graph models, operators, types, rules, canonical bytes.

Invariants: imports nothing of ours; every value is frozen; the version stands in one place (`graph.IR_VERSION`).
"""
