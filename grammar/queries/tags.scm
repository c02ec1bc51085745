(graph_declaration name: (identifier) @name) @definition.module
(agent_declaration name: (identifier) @name) @definition.class
(type_declaration name: (identifier) @name) @definition.type
(test_declaration name: (string (string_content) @name)) @definition.method
(node_declaration name: (identifier) @name) @definition.function
(channel_declaration name: [(identifier) (key)] @name) @definition.field

(start_item value: (identifier) @name) @reference.call
(target_item value: (identifier) @name) @reference.call
(edge target: (identifier) @name) @reference.call
(route target: (identifier) @name) @reference.call
(send target: (identifier) @name) @reference.call
(each target: (identifier) @name) @reference.call
(named_type (identifier) @name) @reference.type
