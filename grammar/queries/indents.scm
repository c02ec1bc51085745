; As nvim-treesitter reads them; other editors have their own under editors/.

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
] @indent.begin

["}" "]" ")"] @indent.branch @indent.end

[(block_string) (block_comment)] @indent.ignore
