; Made by .ci/queries from grammar/queries. Change it there.

(graph_declaration name: (identifier) @name) @item
(agent_declaration name: (identifier) @name) @item
(type_declaration name: (identifier) @name) @item
(test_declaration name: (string (string_content) @name)) @item
(node_declaration name: (identifier) @name) @item
(channel_declaration name: [(identifier) (key)] @name) @item
