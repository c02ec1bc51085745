"""Models: each provider is one file that answers a `ModelRequest`."""
