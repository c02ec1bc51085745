; Made by .ci/queries from grammar/queries. Change it there.

; Keywords

[
  "graph" "agent" "type" "test" "node" "channel" "state" "start" "metadata" "defaults" "budget" "allow" "input" "output"
  "checkpoint" "interrupt" "join" "description" "recursion_limit" "max_concurrency" "kind" "model" "tool" "router" "script"
  "into" "context" "next" "on_error" "on_timeout" "goto" "system" "prompt" "tools" "stores" "middleware" "options" "sources"
  "args" "with" "writes" "timeout" "max_turns" "max_visits" "blocking" "optional" "retry" "cache" "steering" "routes" "command"
  "update" "send" "sends" "max" "answer" "expect"
] @keyword

["when" "else" "if" "then"] @keyword.conditional
["each" "in" "as" "at"] @keyword
["and" "or" "not"] @keyword.operator
["quorum" "keep"] @constant.builtin

; Names

(graph_declaration name: (identifier) @type)
(agent_declaration name: (identifier) @type)
(type_declaration name: (identifier) @type)
(node_declaration name: (identifier) @function)
(channel_declaration name: [(identifier) (key)] @property)
(state_channel name: [(identifier) (key)] @property)
(channel_declaration reducer: (identifier) @function.builtin)
(state_channel reducer: (identifier) @function.builtin)
(field name: [(identifier) (key)] @property)
(pair key: [(identifier) (key)] @property)
(arrow_pair key: (identifier) @property)
(named_type (identifier) @type)
(generic_type name: (identifier) @type.builtin)
((named_type (identifier) @type.builtin)
  (#match? @type.builtin "^(string|int|float|bool|json|message|text|number|integer|boolean|object|any)$"))

(start_item value: (identifier) @function)
(edge source: (identifier) @function)
(edge target: (identifier) @function)
(target_item value: (identifier) @function)
(route label: (identifier) @label)
(route target: (identifier) @function)
(join_item source: (identifier) @function)
(join_item target: (identifier) @function)
(send target: (identifier) @function)
(each target: (identifier) @function)
(each variable: (identifier) @variable.parameter)
(lambda parameter: (identifier) @variable.parameter)
(mode_item value: (identifier) @constant)
(name_item value: (identifier) @constant)
((identifier) @constant.builtin (#match? @constant.builtin "^(END|START)$"))

; Expressions

(call function: (identifier) @function.call)
(member name: (identifier) @property)
((identifier) @variable.builtin (#match? @variable.builtin "^(input|state|args)$"))
["==" "!=" "<" "<=" ">" ">=" "??" "+" "-" "*" "/" "%" "|" "=" "=>"] @operator
["->" (foreign_arrow)] @operator
(foreign_operator) @operator

; Literals

[(string) (block_string) (foreign_string)] @string
(escape) @string.escape
[(template) (open_template)] @string.special
(number) @number
(duration) @number
[(true) (false)] @boolean
(null) @constant.builtin

; Punctuation

["{" "}" "[" "]" "(" ")"] @punctuation.bracket
["," ":" "." "?"] @punctuation.delimiter

; Comments

[(comment) (hash_comment) (block_comment)] @comment
(doc_comment) @comment.documentation
