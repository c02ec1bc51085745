"""One module per command: `EXAMPLES`, `configure(parser)`, `execute(arguments) -> status`."""
