; Made by .ci/queries from grammar/queries. Change it there.

[(graph_declaration) (agent_declaration) (type_declaration)] @class.around
(graph_declaration "{" . (_) @class.inside)

(node_declaration) @function.around
(node_declaration "{" . (_) @function.inside)

(test_declaration) @test.around

(pair) @parameter.around
(pair value: (_) @parameter.inside)
(send) @parameter.around

(route) @entry.around

[(comment) (hash_comment) (block_comment) (doc_comment)] @comment.around
