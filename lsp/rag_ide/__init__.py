"""What an editor or an agent asks of an analysis: one function per question, byte offsets in, plain records out.

Pure: reads no file, knows no protocol. Total: any offset of any text has an answer, which may be nothing.
"""
