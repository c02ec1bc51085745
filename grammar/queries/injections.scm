; Instructions are prose: what models read is mostly Markdown.

((value_item word: ["system" "prompt"] value: (block_string) @injection.content)
  (#set! injection.language "markdown"))

((doc_comment) @injection.content
  (#set! injection.language "markdown"))

([(comment) (hash_comment) (block_comment)] @injection.content
  (#set! injection.language "comment"))
