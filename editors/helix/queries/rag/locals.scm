; Made by .ci/queries from grammar/queries. Change it there.

(graph_declaration) @local.scope
(agent_declaration) @local.scope
(test_declaration) @local.scope
(each) @local.scope
(lambda) @local.scope

(graph_declaration name: (identifier) @local.definition.type)
(agent_declaration name: (identifier) @local.definition.type)
(type_declaration name: (identifier) @local.definition.type)
(node_declaration name: (identifier) @local.definition.function)
(channel_declaration name: [(identifier) (key)] @local.definition.field)
(state_channel name: [(identifier) (key)] @local.definition.field)
(each variable: (identifier) @local.definition.parameter)
(lambda parameter: (identifier) @local.definition.parameter)

(start_item value: (identifier) @local.reference)
(edge source: (identifier) @local.reference)
(edge target: (identifier) @local.reference)
(target_item value: (identifier) @local.reference)
(route target: (identifier) @local.reference)
(join_item source: (identifier) @local.reference)
(join_item target: (identifier) @local.reference)
(send target: (identifier) @local.reference)
(each target: (identifier) @local.reference)
(member name: (identifier) @local.reference)
(named_type (identifier) @local.reference)
