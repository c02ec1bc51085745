"""The language server: the only package that knows the protocol. It translates questions to `rag_ide` and answers back.

Never imports or runs a project's code. What goes wrong in one request is logged and answered; the server goes on.
"""
