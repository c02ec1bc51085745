; Made by .ci/queries from grammar/queries. Change it there.

[
  (graph_declaration)
  (agent_declaration)
  (type_declaration)
  (test_declaration)
  (node_declaration)
  (state_declaration)
  (routes_item)
  (command_item)
  (send_list)
  (policy)
  (object)
  (record)
  (list)
  (call)
] @indent
