/**
 * The grammar of `.rag`, a declarative language for agent workflows.
 *
 * It accepts more than the language: what an author plausibly writes by mistake has a shape of its own here, so that
 * the compiler can name it and mend it. `src/scanner.c` marks what is missing with zero-width `missing_*` nodes.
 */

const PRECEDENCE = {
  conditional: 1,
  or: 2,
  and: 3,
  not: 4,
  compare: 5,
  filter: 6,
  coalesce: 7,
  add: 8,
  multiply: 9,
  negate: 10,
  postfix: 11,
};

// Items whose value is one name.
const NAME_ITEMS = ['kind', 'model', 'tool', 'router', 'script', 'into', 'context'];
// Items with one name whose words begin something else outside of a node.
const SHARED_NAME_ITEMS = ['agent', 'graph', 'checkpoint', 'interrupt'];
// Items whose value is the name of a node; an arrow may stand before it.
const TARGET_ITEMS = ['next', 'on_error', 'on_timeout', 'goto'];
// Items whose value is an expression.
const VALUE_ITEMS = [
  'system', 'prompt', 'tools', 'stores', 'middleware', 'options', 'sources', 'args', 'with', 'writes', 'timeout',
  'max_turns', 'max_visits', 'blocking', 'optional',
];
// Items whose value is a block of pairs.
const POLICY_ITEMS = ['retry', 'budget', 'cache', 'steering'];
// Items of a graph whose value is an expression.
const GRAPH_VALUE_ITEMS = ['description', 'recursion_limit', 'max_concurrency'];
// Words that begin an item of a graph and may name a node all the same, so that an edge can begin with them.
const GRAPH_WORDS = [
  'start', 'defaults', 'allow', 'input', 'output', 'checkpoint', 'interrupt', 'join', 'state', 'routes', 'send', 'sends',
  'command', 'metadata', ...GRAPH_VALUE_ITEMS, ...NAME_ITEMS, ...VALUE_ITEMS, ...POLICY_ITEMS,
];

const BLANK = /[ \t\r\n\f\v]+/;
const ODD_BLANK = /[\u00a0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]+/;

// What may follow a target: a payload, and modifiers.
const sendRest = ($, ...payloads) => [
  optional(field('payload', choice($.object, alias($._unopened_object, $.object), ...payloads))),
  repeat($.modifier),
];

module.exports = grammar({
  name: 'rag',

  word: $ => $.identifier,

  extras: $ => [BLANK, $.comment, $.doc_comment, $.hash_comment, $.block_comment, $.odd_blank],

  externals: $ => [
    $.string_content,
    $._block_begin,
    $._block_content,
    $._block_end,
    $.escape,
    $.template,
    $.open_template,
    $.missing_quote,
    $.key,
    $.kebab_name,
    $.missing_name,
    $._missing_member,
    $.missing_type,
    $._missing_entry,
    $.missing_value,
    $._missing_operand,
    $.missing_arrow,
    $.missing_open,
    $._missing_brace,
    $._missing_close_declaration,
    $._missing_close_node,
    $._missing_close_routes,
    $._missing_close_record,
    $._missing_close_policy,
    $._missing_close_pairs,
    $._missing_close_any,
    $._missing_close_send,
    $._missing_close_object,
    $._missing_close_bracket,
    $._missing_close_paren,
    $._missing_close_angle,
    $._missing_close_type,
    $._word_ahead,
    $._more_ahead,
    $._recovering,
  ],

  supertypes: $ => [$._expression, $._type],

  inline: $ => [$._text, $._scalar],

  rules: {
    source_file: $ => choice(repeat($._top_item), $.template_body),

    // The text of one `{{ .. }}`, parsed on its own through included ranges.
    template_body: $ => seq('{{', field('value', choice($._expression, $._absent)), '}}'),

    _top_item: $ => choice(
      $.graph_declaration,
      $.agent_declaration,
      $.type_declaration,
      $.test_declaration,
      $._graph_member,
      alias($._unknown_head, $.unknown_item),
      $.unknown_declaration,
      $.stray,
      alias(choice('}', '---', '-'), $.stray),
    ),

    // ---- declarations ----

    graph_declaration: $ => seq(
      'graph',
      field('name', $._declared_name),
      optional($._separator),
      $._open,
      $._graph_rest,
    ),

    _graph_rest: $ => seq(
      repeat(choice($._graph_member, $.unknown_item, $.type_declaration, $.stray)),
      $._close_declaration,
    ),

    agent_declaration: $ => seq(
      'agent',
      field('name', $._declared_name),
      optional($._separator),
      $._open,
      repeat(choice($._item, $._shared_item, $.type_item, $.stray)),
      $._close_declaration,
    ),

    type_declaration: $ => prec.right(seq(
      'type',
      field('name', $._declared_name),
      choice(
        field('value', choice($.record, alias($._unopened_record, $.record))),
        seq('=', field('value', choice($._type, $.missing_type))),
      ),
    )),

    test_declaration: $ => seq(
      'test',
      field('name', choice($._text, $.identifier, $.missing_name)),
      optional($._separator),
      $._open,
      repeat(choice($._test_item, $.unknown_item, $.stray)),
      $._close_declaration,
    ),

    // A misspelt or missing keyword before a block.
    unknown_declaration: $ => prec(1, seq(
      $._unknown_head,
      '{',
      $._graph_rest,
    )),

    _graph_member: $ => choice(
      $.node_declaration,
      $.channel_declaration,
      $.state_declaration,
      $.start_item,
      $.type_item,
      $.policy_item,
      $.allow_item,
      $.mode_item,
      alias($._graph_value_item, $.value_item),
      $.join_item,
      $.edge,
      // Items of a node whose block has been closed too early.
      $.name_item,
      $.target_item,
      $.value_item,
      $.routes_item,
      $.send_item,
      $.command_item,
    ),

    node_declaration: $ => seq(
      'node',
      field('name', $._declared_name),
      optional($._separator),
      $._open,
      repeat(choice($._item, $._shared_item, alias($._input_item, $.value_item), alias($._output_item, $.type_item), $.stray)),
      $._close_node,
    ),

    // ---- items of a graph ----

    start_item: $ => prec.right(seq(
      field('word', 'start'),
      optional($._separator),
      field('value', $._target),
    )),

    type_item: $ => prec.right(seq(
      field('word', choice('input', 'output')),
      optional($._separator),
      field('value', choice($._type, alias($._unopened_fields, $.record), $.missing_type)),
    )),

    allow_item: $ => prec.right(seq(
      field('word', 'allow'),
      optional($._separator),
      field('kind', $._name),
      optional($._separator),
      field('value', choice($._expression, $.missing_value)),
    )),

    mode_item: $ => prec.right(seq(
      field('word', choice('checkpoint', 'interrupt')),
      optional($._separator),
      field('value', $._name),
    )),

    _graph_value_item: $ => prec.right(seq(
      field('word', choice(...GRAPH_VALUE_ITEMS)),
      optional($._separator),
      field('value', choice($._expression, $.missing_value)),
    )),

    channel_declaration: $ => prec.right(seq(
      'channel',
      choice(
        seq(field('name', $._declared_name), optional('=')),
        seq(field('name', choice($.key, $.identifier, $._text)), ':', field('type', choice($._type, $.missing_type))),
      ),
      $._reducer,
    )),

    state_declaration: $ => seq(
      'state',
      optional(field('name', choice($.identifier, $._text))),
      '{',
      repeat(choice($.state_channel, $._comma)),
      $._close_record,
    ),

    state_channel: $ => prec.right(seq(
      field('name', choice($.key, $.identifier, $._text)),
      ':',
      field('type', choice($._type, $.missing_type)),
      $._reducer,
    )),

    _reducer: $ => prec.right(seq(
      field('reducer', $._name),
      repeat(field('argument', $._reducer_argument)),
      optional(seq('=', field('initial', choice($._expression, $.missing_value)))),
    )),

    _reducer_argument: $ => choice(
      $._text,
      $.number,
      $.duration,
      $.signed_number,
      seq($._word_ahead, $.identifier),
    ),

    edge: $ => prec.right(seq(
      field('source', choice(
        $.identifier,
        $.kebab_name,
        ...GRAPH_WORDS.map(word => alias(word, $.identifier)),
      )),
      repeat1(seq($._arrow, field('target', $._target_or_list))),
      optional($.condition),
    )),

    join_item: $ => prec.right(seq(
      field('word', 'join'),
      optional($._separator),
      field('source', $._target_or_list),
      optional(seq($._arrow, field('target', $._target_or_list))),
      optional(field('options', $.policy)),
    )),

    // ---- items of a node or an agent ----

    _item: $ => choice(
      $.name_item,
      $.target_item,
      $.value_item,
      $.policy_item,
      $.routes_item,
      $.send_item,
      $.join_item,
      $.command_item,
      $.edge,
      $.unknown_item,
    ),

    _shared_item: $ => choice(
      alias($._shared_name_item, $.name_item),
      alias($._description_item, $.value_item),
    ),

    name_item: $ => prec.right(seq(
      field('word', choice(...NAME_ITEMS)),
      optional($._separator),
      field('value', choice($._name, $.list)),
    )),

    _shared_name_item: $ => prec.right(seq(
      field('word', choice(...SHARED_NAME_ITEMS)),
      optional($._separator),
      field('value', choice($._name, $.list)),
    )),

    _description_item: $ => prec.right(seq(
      field('word', 'description'),
      optional($._separator),
      field('value', choice($._expression, $.missing_value)),
    )),

    target_item: $ => prec.right(seq(
      field('word', choice(...TARGET_ITEMS)),
      optional($._separator),
      optional($._arrow),
      field('value', $._target_or_list),
      optional($.condition),
    )),

    value_item: $ => prec.right(seq(
      field('word', choice(...VALUE_ITEMS)),
      optional($._separator),
      field('value', choice($._expression, alias($._unopened_object, $.object), $.missing_value)),
    )),

    // In a node `input` maps a child's input; in a graph and an agent it declares fields.
    _input_item: $ => prec.right(seq(
      field('word', 'input'),
      optional($._separator),
      field('value', choice($._expression, alias($._unopened_object, $.object), $.missing_value)),
    )),

    _output_item: $ => prec.right(seq(
      field('word', 'output'),
      optional($._separator),
      field('value', choice($._type, alias($._unopened_fields, $.record), $.missing_type)),
    )),

    policy_item: $ => prec.right(choice(
      seq(
        field('word', choice('defaults', ...POLICY_ITEMS)),
        optional($._separator),
        field('value', choice($.policy, alias($._unopened_policy, $.policy), $._scalar, $.missing_value)),
      ),
      seq(
        field('word', 'metadata'),
        optional($._separator),
        field('value', choice(alias($._data, $.policy), alias($._unopened_policy, $.policy), $._scalar, $.missing_value)),
      ),
    )),

    // A condition after a target is a foreign idiom: the language has `routes`.
    condition: $ => prec.right(seq(
      field('word', choice('when', 'if')),
      field('value', choice($._expression, $.missing_value)),
    )),

    routes_item: $ => seq(
      field('word', 'routes'),
      optional($._separator),
      $._open,
      repeat(choice($.route, $._comma)),
      $._close_routes,
    ),

    route: $ => prec.right(seq(
      choice(
        seq(
          field('label', choice($.identifier, $.kebab_name, $._text)),
          choice($._arrow, $._separator, $.missing_arrow),
        ),
        seq(
          field('word', choice('when', 'if')),
          field('guard', choice($._expression, $.missing_value)),
          choice($._arrow, field('separator', ':'), $.missing_arrow),
        ),
        seq(field('word', 'else'), choice($._arrow, $._separator, $.missing_arrow)),
      ),
      field('target', $._target_or_list),
    )),

    command_item: $ => seq(
      field('word', 'command'),
      optional($._separator),
      $._open,
      repeat(choice($.update_item, $.target_item, $.unknown_item, $._comma)),
      $._close_policy,
    ),

    update_item: $ => prec.right(seq(
      field('word', 'update'),
      optional($._separator),
      field('value', choice(alias($._data, $.policy), alias($._unopened_policy, $.policy), $._scalar, $.missing_value)),
    )),

    // ---- fan-out ----

    send_item: $ => prec.right(seq(
      field('word', choice('send', 'sends')),
      optional($._separator),
      choice($.send_list, $.send, alias($._send_to_send, $.send), $.each, $.missing_name),
    )),

    send_list: $ => seq(
      '[',
      repeat(choice($.send, $.each, alias($._prefixed_send, $.send), alias($._send_to_send, $.send), alias($.object, $.stray), $._comma)),
      $._close_send,
    ),

    send: $ => prec.right(seq(
      field('target', choice($.identifier, $.kebab_name, $._text)),
      ...sendRest($, $._text),
    )),

    // A node may be called `send`.
    _send_to_send: $ => prec.right(seq(
      field('target', alias('send', $.identifier)),
      ...sendRest($),
    )),

    _prefixed_send: $ => prec.right(seq(
      field('word', 'send'),
      field('target', choice($.identifier, $.kebab_name, $._text)),
      ...sendRest($, $._text),
    )),

    each: $ => prec.right(seq(
      field('word', 'each'),
      field('variable', choice($.identifier, $._text, $.missing_name)),
      optional(seq('in', field('list', choice($._expression, $._absent)))),
      optional(seq('as', field('target', $._target))),
      ...sendRest($),
    )),

    modifier: $ => prec.right(choice(
      seq(
        field('word', choice('optional', 'blocking')),
        optional($._separator),
        optional(field('value', choice($.true, $.false))),
      ),
      seq(
        field('word', choice('timeout', 'max', 'retry', 'writes')),
        optional($._separator),
        field('value', choice($.number, $.duration, $.signed_number, $._text, $.object, $.missing_value)),
      ),
      seq(field('word', choice('into', 'context')), optional($._separator), field('value', $._name)),
    )),

    // ---- tests ----

    _test_item: $ => choice(
      alias($.test_graph, $.name_item),
      alias($.test_input, $.value_item),
      $.answers_item,
      $.expect_item,
    ),

    test_graph: $ => prec.right(seq(field('word', 'graph'), optional($._separator), field('value', $._name))),

    test_input: $ => prec.right(seq(
      field('word', 'input'),
      optional($._separator),
      field('value', choice($._expression, $.missing_value)),
    )),

    answers_item: $ => prec.right(seq(
      field('word', choice('model', 'tool', 'answer')),
      optional($._separator),
      field('name', $._name),
      optional(choice(seq('at', field('place', $._name)), field('place', $._text))),
      optional(field('arguments', $.object)),
      choice($._arrow, $.missing_arrow),
      field('value', choice($._expression, $.missing_value)),
    )),

    expect_item: $ => prec.right(seq(
      field('word', 'expect'),
      optional($._separator),
      field('value', choice($._expression, $.missing_value)),
    )),

    // ---- what the language does not know ----

    unknown_item: $ => prec.right(seq($._unknown_head, optional(field('block', alias($._anything, $.policy))))),

    _unknown_head: $ => prec.right(seq(
      field('word', choice($.identifier, $.kebab_name)),
      optional($._separator),
      repeat(seq($._more_ahead, field('value', $._scalar))),
    )),

    // One token that can begin nothing where it stands.
    stray: $ => choice(
      ',', ';', ':', '=', '->', ')', ']', $._text, $.number, $.duration, $.signed_number, $.list, $.object,
    ),

    // ---- pairs ----

    // A block of policy pairs: the colon may be left out, and lists may be preceded by `allow`.
    policy: $ => seq('{', $._policy_rest),

    _policy_rest: $ => seq(repeat($._policy_entry), $._close_policy),

    // A block whose keys are free: `metadata`, `update`.
    _data: $ => seq('{', repeat($._policy_entry), $._close_pairs),

    _anything: $ => seq('{', repeat($._policy_entry), $._close_any),

    _unopened_policy: $ => seq(alias($._missing_brace, $.missing_open), $._policy_rest),

    _policy_entry: $ => choice(
      $.pair,
      alias($._bare_pair, $.pair),
      alias($._keyless_pair, $.pair),
      $.arrow_pair,
      $._comma,
    ),

    pair: $ => prec.right(seq(
      field('key', choice($.key, $.identifier, $._text)),
      choice(':', '='),
      field('value', choice($._expression, $.lambda, $.quorum, $._absent)),
    )),

    _keyless_pair: $ => prec.right(seq(':', field('value', choice($._expression, $.quorum, $._absent)))),

    _bare_pair: $ => prec.right(seq(
      field('key', choice($.identifier, $._text)),
      field('value', choice($._scalar, $.quorum, $.policy, $.allow, alias($._missing_entry, $.missing_value))),
    )),

    allow: $ => seq('allow', field('value', $.list)),

    arrow_pair: $ => prec.right(seq(
      field('key', choice($.identifier, $._text)),
      $._arrow,
      field('value', $._target),
    )),

    quorum: $ => prec.right(seq(
      'quorum',
      optional(field('count', choice($.number, $.signed_number, $.duration))),
      optional(field('keep', 'keep')),
    )),

    _scalar: $ => choice(
      $.identifier,
      $._text,
      $.number,
      $.duration,
      $.signed_number,
      $.true,
      $.false,
      $.null,
      $.list,
    ),

    signed_number: $ => prec(1, seq('-', choice($.number, $.duration))),

    // ---- types ----

    _type: $ => choice(
      $.named_type,
      $.literal_type,
      $.list_type,
      $.optional_type,
      $.generic_type,
      $.union_type,
      $.parenthesized_type,
      $.bracketed_type,
      $.record,
    ),

    named_type: $ => field('name', choice($.identifier, $.foreign_string)),

    literal_type: $ => choice($.string, $.number),

    // `T[]`; with arguments in the brackets it is `List[T]`, a foreign idiom.
    list_type: $ => prec(3, seq(
      field('element', $._type),
      token.immediate('['),
      optional(seq(field('argument', $._type), repeat(seq(',', field('argument', $._type))))),
      $._close_type,
    )),

    optional_type: $ => prec(3, seq(field('value', $._type), '?')),

    generic_type: $ => prec(4, seq(
      field('name', $.identifier),
      '<',
      field('argument', choice($._type, $.missing_type)),
      repeat(seq(',', field('argument', choice($._type, $.missing_type)))),
      $._close_angle,
    )),

    union_type: $ => prec.left(1, seq(
      field('left', $._type),
      choice('|', alias('||', $.foreign_operator)),
      field('right', choice($._type, $.missing_type)),
    )),

    parenthesized_type: $ => seq('(', choice($._type, $.missing_type), $._close_paren),

    // `[T]` is a foreign idiom.
    bracketed_type: $ => seq('[', choice($._type, $.missing_type), $._close_type),

    record: $ => seq('{', $._record_rest),

    _unopened_record: $ => seq($.missing_open, $._record_rest),

    _unopened_fields: $ => seq(alias($._missing_brace, $.missing_open), $._record_rest),

    _record_rest: $ => seq(repeat($._record_entry), $._close_record),

    _record_entry: $ => choice($.field, alias($._bare_field, $.field), $._comma),

    field: $ => prec.right(seq(
      field('name', choice($.key, $.identifier, $._text)),
      ':',
      $._field_rest,
    )),

    _bare_field: $ => prec.right(seq(
      field('name', $.identifier),
      optional(choice('=', seq(field('optional', '?'), ':'))),
      $._field_rest,
    )),

    _field_rest: $ => prec.right(seq(
      field('type', choice($._type, $.missing_type)),
      optional(seq('=', field('initial', choice($._expression, $.missing_value)))),
    )),

    // ---- expressions ----

    _expression: $ => choice(
      $.identifier,
      $.number,
      $.duration,
      $.string,
      $.block_string,
      $.foreign_string,
      $.true,
      $.false,
      $.null,
      $.list,
      $.object,
      $.parenthesized,
      $.member,
      $.index,
      $.call,
      $.unary,
      $.binary,
      $.conditional,
      $.foreign_conditional,
    ),

    parenthesized: $ => seq('(', choice($._expression, $._absent), $._close_paren),

    list: $ => seq('[', repeat(choice($._expression, $.spread, $.lambda, ',')), $._close_bracket),

    // Foreign: the language has no spreads.
    spread: $ => seq(choice('...', '..'), $._expression),

    object: $ => seq('{', $._object_rest),

    _unopened_object: $ => seq(alias($._missing_brace, $.missing_open), $._object_rest),

    _object_rest: $ => seq(repeat($._object_entry), $._close_object),

    _object_entry: $ => choice(
      $.pair,
      alias($._object_bare_pair, $.pair),
      alias($._keyless_pair, $.pair),
      $.spread,
      $._comma,
    ),

    _object_bare_pair: $ => prec.right(seq(
      field('key', $.identifier),
      field('value', choice($._scalar, $.object, $.missing_value)),
    )),

    member: $ => prec(PRECEDENCE.postfix, seq(
      field('value', $._expression),
      choice('.', alias('?.', $.foreign_operator)),
      field('name', choice($.identifier, alias($._missing_member, $.missing_name))),
    )),

    index: $ => prec(PRECEDENCE.postfix, seq(
      field('value', $._expression),
      token.immediate('['),
      field('index', choice($._expression, $._absent)),
      $._close_bracket,
    )),

    call: $ => prec(PRECEDENCE.postfix, seq(
      field('function', $._expression),
      token.immediate('('),
      repeat(choice(field('argument', choice($._expression, $.lambda, $.spread)), ',')),
      $._close_paren,
    )),

    lambda: $ => prec.right(seq(
      field('parameter', choice($.identifier, $.parenthesized)),
      '=>',
      field('body', choice($._expression, $._absent)),
    )),

    unary: $ => {
      const rule = (level, operator) => prec(level, seq(
        field('operator', operator),
        field('operand', choice($._expression, $._absent)),
      ));
      return choice(
        rule(PRECEDENCE.not, 'not'),
        rule(PRECEDENCE.negate, alias('!', $.foreign_operator)),
        rule(PRECEDENCE.negate, '-'),
      );
    },

    binary: $ => {
      const rule = (side, level, operator) => prec[side](level, seq(
        field('left', $._expression),
        field('operator', operator),
        field('right', choice($._expression, $._absent)),
      ));
      return choice(
        rule('left', PRECEDENCE.or, $._or),
        rule('left', PRECEDENCE.and, $._and),
        rule('left', PRECEDENCE.compare, $._compare),
        rule('left', PRECEDENCE.filter, $._filter),
        rule('right', PRECEDENCE.coalesce, $._coalesce),
        rule('left', PRECEDENCE.add, $._add),
        rule('left', PRECEDENCE.multiply, $._multiply),
      );
    },

    _or: $ => prec(PRECEDENCE.or, choice('or', alias('||', $.foreign_operator))),

    _and: $ => prec(PRECEDENCE.and, choice('and', alias('&&', $.foreign_operator))),

    _compare: $ => prec(PRECEDENCE.compare, choice(
      '==', '!=', '<', '<=', '>', '>=', 'in',
      alias(choice('=', '===', '!==', '<>', $._not_in), $.foreign_operator),
    )),

    _filter: $ => prec(PRECEDENCE.filter, alias('|', $.foreign_operator)),

    _coalesce: $ => prec(PRECEDENCE.coalesce, '??'),

    _add: $ => prec(PRECEDENCE.add, choice('+', '-')),

    _multiply: $ => prec(PRECEDENCE.multiply, choice('*', '/', '%', alias('**', $.foreign_operator))),

    _not_in: $ => seq('not', 'in'),

    conditional: $ => prec.right(PRECEDENCE.conditional, seq(
      'if',
      field('condition', choice($._expression, $._absent)),
      'then',
      field('then', choice($._expression, $._absent)),
      optional(seq('else', field('else', choice($._expression, $._absent)))),
    )),

    foreign_conditional: $ => prec.right(PRECEDENCE.conditional, seq(
      field('condition', $._expression),
      '?',
      field('then', choice($._expression, $._absent)),
      ':',
      field('else', choice($._expression, $._absent)),
    )),

    true: _ => 'true',
    false: _ => 'false',
    null: _ => 'null',

    // ---- names and punctuation ----

    _declared_name: $ => choice($.identifier, $.kebab_name, $._text, $.duration, $.number, $.missing_name),

    _name: $ => choice($.identifier, $.kebab_name, $._text, $.number, $.duration, $.missing_name),

    _target: $ => $._name,

    _target_or_list: $ => choice($._target, $.list),

    _text: $ => choice($.string, $.block_string, $.foreign_string),

    _separator: $ => field('separator', choice(':', '=')),

    _comma: $ => choice(',', alias(';', $.stray)),

    _arrow: $ => choice('->', alias(choice('-->', '=>', '→'), $.foreign_arrow)),

    _open: $ => choice('{', $.missing_open),

    _close_declaration: $ => choice('}', alias($._missing_close_declaration, $.missing_close)),

    _close_node: $ => choice('}', alias($._missing_close_node, $.missing_close)),

    _close_routes: $ => choice('}', alias($._missing_close_routes, $.missing_close)),

    _close_record: $ => choice('}', alias($._missing_close_record, $.missing_close)),

    _close_policy: $ => choice('}', alias($._missing_close_policy, $.missing_close)),

    _close_any: $ => choice('}', alias($._missing_close_any, $.missing_close)),

    _close_type: $ => choice(']', alias($._missing_close_type, $.missing_close)),

    _close_pairs: $ => choice('}', alias($._missing_close_pairs, $.missing_close)),

    _close_send: $ => choice(']', alias($._missing_close_send, $.missing_close)),

    _close_object: $ => choice('}', alias($._missing_close_object, $.missing_close)),

    _close_bracket: $ => choice(']', alias($._missing_close_bracket, $.missing_close)),

    _close_paren: $ => choice(')', alias($._missing_close_paren, $.missing_close)),

    _close_angle: $ => choice('>', alias($._missing_close_angle, $.missing_close)),

    // An operand that is not there.
    _absent: $ => alias($._missing_operand, $.missing_value),

    // ---- tokens ----

    string: $ => seq(
      '"',
      repeat(choice($.string_content, $.escape, $.template, $.open_template)),
      choice(token.immediate('"'), $.missing_quote),
    ),

    block_string: $ => seq(
      '"""',
      $._block_begin,
      repeat(choice(alias($._block_content, $.string_content), $.escape, $.template, $.open_template)),
      choice(alias($._block_end, '"""'), $.missing_quote),
    ),

    foreign_string: _ => token(choice(
      /'[^'\r\n]*'?/,
      /`[^`\r\n]*`?/,
      /[\u201c\u201d\u201e][^\u201c\u201d\u201e"\r\n]*["\u201c\u201d\u201e]?/,
    )),

    identifier: _ => /[A-Za-z_][A-Za-z0-9_]*/,

    number: _ => /[0-9][0-9_]*(\.[0-9][0-9_]*)?/,

    duration: _ => /[0-9][0-9_]*(\.[0-9][0-9_]*)?[A-Za-z][A-Za-z0-9_]*/,

    doc_comment: _ => token(/\/\/\/([^\/\r\n][^\r\n]*)?/),

    comment: _ => token(/\/\/[^\r\n]*/),

    hash_comment: _ => token(/#[^\r\n]*/),

    block_comment: _ => token(/\/\*([^*]|\*+[^*\/])*(\*+\/)?/),

    odd_blank: _ => token(ODD_BLANK),
  },
});
