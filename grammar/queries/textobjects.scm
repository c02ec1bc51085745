[(graph_declaration) (agent_declaration) (type_declaration)] @class.outer
(graph_declaration "{" . (_) @class.inner)

(node_declaration) @function.outer
(node_declaration "{" . (_) @function.inner)

(test_declaration) @test.outer

(pair) @parameter.outer
(pair value: (_) @parameter.inner)
(send) @parameter.outer

(route) @statement.outer

[(comment) (hash_comment) (block_comment) (doc_comment)] @comment.outer
