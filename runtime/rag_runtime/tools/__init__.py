"""Tools and route functions: loads what the registry names and calls it."""
