/*
 * The part of the lexer that looks ahead. It reads the insides of strings, keys and hyphenated names, and it says where
 * something is missing: a value whose line ends, a bracket that is still open where the next declaration begins. What is
 * missing becomes a node of no width right after the token before it, so that one slip costs one node and not a declaration.
 *
 * Each call decides from the symbols that may follow and from the text ahead. The one thing it remembers is whether the
 * triple-quoted string that it stands in is closed anywhere.
 */
#include "tree_sitter/alloc.h"
#include "tree_sitter/parser.h"

#include <string.h>

enum Token {
  STRING_CONTENT,
  BLOCK_BEGIN,
  BLOCK_CONTENT,
  BLOCK_END,
  ESCAPE,
  TEMPLATE,
  OPEN_TEMPLATE,
  MISSING_QUOTE,
  KEY,
  KEBAB_NAME,
  MISSING_NAME,
  MISSING_MEMBER,
  MISSING_TYPE,
  MISSING_ENTRY,
  MISSING_VALUE,
  MISSING_OPERAND,
  MISSING_ARROW,
  MISSING_OPEN,
  MISSING_BRACE,
  CLOSE_DECLARATION,
  CLOSE_NODE,
  CLOSE_ROUTES,
  CLOSE_RECORD,
  CLOSE_POLICY,
  CLOSE_PAIRS,
  CLOSE_ANY,
  CLOSE_SEND,
  CLOSE_OBJECT,
  CLOSE_BRACKET,
  CLOSE_PAREN,
  CLOSE_ANGLE,
  CLOSE_TYPE,
  WORD_AHEAD,
  MORE_AHEAD,
  RECOVERING,
};

/* A template may have so many characters and so many strings inside it: no text takes more than linear time. */
enum { WORD_SIZE = 24, TEMPLATE_LIMIT = 1024, STRINGS_LIMIT = 32, COMMENTS_LIMIT = 16 };

typedef struct {
  char text[WORD_SIZE];
} Word;

static bool is_break(int32_t c) { return c == '\n' || c == '\r'; }

static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\f' || c == '\v'; }

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }

static bool begins_word(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static bool in_word(int32_t c) { return begins_word(c) || is_digit(c); }

static void next(TSLexer *lexer) { lexer->advance(lexer, false); }

static bool give(TSLexer *lexer, enum Token token) {
  lexer->result_symbol = token;
  return true;
}

static bool at_end(TSLexer *lexer) { return lexer->eof(lexer); }

static void skip_blanks(TSLexer *lexer) {
  while (is_blank(lexer->lookahead)) next(lexer);
}

static void skip_line(TSLexer *lexer) {
  while (!at_end(lexer) && !is_break(lexer->lookahead)) next(lexer);
}

static void read_word(TSLexer *lexer, Word *word) {
  unsigned length = 0;
  while (in_word(lexer->lookahead)) {
    if (length < WORD_SIZE - 1) word->text[length++] = (char)lexer->lookahead;
    next(lexer);
  }
  word->text[length] = 0;
}

static bool one_of(const Word *word, const char *const *words) {
  for (; *words; words++) {
    if (strcmp(word->text, *words) == 0) return true;
  }
  return false;
}

/* Words that belong to the expression around them. */
static bool continues(const Word *word) {
  static const char *const words[] = {"and", "or", "in", "then", "else", "as", "if", "when", "not", NULL};
  return one_of(word, words);
}

/* Words that no operand can be: where one stands, the operand before it is missing. */
static bool follows_operand(const Word *word) {
  static const char *const words[] = {"and", "or", "in", "then", "else", "as", "when", NULL};
  return one_of(word, words);
}

/* Words that begin an item of a node or a graph, and are neither keys of a policy nor usual labels of a route. */
static bool begins_item(const Word *word) {
  static const char *const words[] = {
      "kind",    "agent",     "system",   "prompt",    "tools",   "stores",     "middleware", "next",       "routes",
      "send",    "sends",     "join",     "command",   "output",  "input",      "writes",     "into",       "on_error",
      "with",    "args",      "options",  "sources",   "steering", "budget",    "cache",      "metadata",   "defaults",
      "start",   "allow",     "state",    "max_turns", "blocking", "max_visits", "checkpoint", "interrupt", "description",
      "expect",  "channel",   "node",     NULL};
  return one_of(word, words);
}

/* The same, and those that may be keys: where a word is followed by `:`, it is a misspelt item and no key of its own. */
static bool is_item(const Word *word) {
  static const char *const words[] = {"model", "timeout", "retry", "tool", "router", "graph", "script", "optional", NULL};
  return begins_item(word) || one_of(word, words);
}

/* The names of types: behind a word on a line of its own they make a field of it. */
static bool names_type(const Word *word) {
  static const char *const words[] = {"string",  "int",    "float", "bool", "json", "message", "text", "number",
                                      "integer", "boolean", "object", "any", "list", "map",  NULL};
  return one_of(word, words);
}

/* Words that begin an item of a graph. */
static bool begins_member(const Word *word) {
  static const char *const words[] = {"start",       "metadata",        "defaults",        "budget",  "allow", "input",
                                      "output",      "state",           "checkpoint",      "interrupt", "channel", "node",
                                      "join",        "type",            "description",     "recursion_limit",
                                      "max_concurrency", NULL};
  return one_of(word, words);
}

typedef struct {
  bool open;     /* nothing closes the triple-quoted string that is being read */
  bool counted;  /* the triple quotes of the file have been counted */
  bool unpaired; /* and do not pair up */
} Scanner;

/* ---- the insides of strings ---- */

static bool scan_escape(TSLexer *lexer) {
  next(lexer);
  if (at_end(lexer) || is_break(lexer->lookahead)) {
    lexer->mark_end(lexer);
    return give(lexer, ESCAPE);
  }
  int32_t kind = lexer->lookahead;
  next(lexer);
  if (kind == '{' && lexer->lookahead == '{') next(lexer);
  if (kind == 'u' && lexer->lookahead == '{') {
    next(lexer);
    for (int i = 0; i < 8 && in_word(lexer->lookahead); i++) next(lexer);
    if (lexer->lookahead == '}') next(lexer);
  }
  lexer->mark_end(lexer);
  return give(lexer, ESCAPE);
}

/* Skips the string that opens here, its quotes escaped or not; false if it does not close on its line. */
static bool skip_string(TSLexer *lexer, int *budget) {
  next(lexer);
  while (lexer->lookahead != '"') {
    if (at_end(lexer) || is_break(lexer->lookahead) || --*budget < 0) return false;
    if (lexer->lookahead == '\\') {
      next(lexer);
      if (lexer->lookahead == '"') break;
    }
    next(lexer);
  }
  next(lexer);
  return true;
}

/* After `{{`: reads to the `}}` that ends the template, over strings and braces inside it. A template that does not end
 * on its line is open; it reaches to the first quote, which then ends the string around it. */
static bool scan_template(TSLexer *lexer) {
  int budget = TEMPLATE_LIMIT;
  int strings = 0;
  int depth = 0;
  bool marked = false;
  while (!at_end(lexer) && !is_break(lexer->lookahead) && --budget >= 0) {
    int32_t c = lexer->lookahead;
    if (c == '"') {
      if (!marked) lexer->mark_end(lexer);
      marked = true;
      if (++strings > STRINGS_LIMIT || !skip_string(lexer, &budget)) break;
      continue;
    }
    next(lexer);
    if (c == '{') depth++;
    if (c != '}') continue;
    if (depth > 0) {
      depth--;
    } else if (lexer->lookahead == '}') {
      next(lexer);
      lexer->mark_end(lexer);
      return give(lexer, TEMPLATE);
    }
  }
  if (!marked) lexer->mark_end(lexer);
  return give(lexer, OPEN_TEMPLATE);
}

/* One brace is text, two begin a template. */
static bool scan_brace(TSLexer *lexer, enum Token content) {
  next(lexer);
  if (lexer->lookahead == '{') {
    next(lexer);
    return scan_template(lexer);
  }
  lexer->mark_end(lexer);
  return give(lexer, content);
}

static bool scan_string(TSLexer *lexer) {
  for (bool some = false;; some = true) {
    int32_t c = lexer->lookahead;
    if (at_end(lexer) || is_break(c)) {
      lexer->mark_end(lexer);
      return give(lexer, some ? STRING_CONTENT : MISSING_QUOTE);
    }
    if (c == '"' || c == '\\' || c == '{') {
      lexer->mark_end(lexer);
      if (some) return give(lexer, STRING_CONTENT);
      if (c == '"') return false;
      return c == '\\' ? scan_escape(lexer) : scan_brace(lexer, STRING_CONTENT);
    }
    next(lexer);
  }
}

/* Three quotes from here; reads as many of them as there are. */
static bool read_block_quote(TSLexer *lexer) {
  for (int i = 0; i < 3; i++) {
    if (lexer->lookahead != '"') return false;
    next(lexer);
  }
  return true;
}

/* Whether the line that begins here is the head of a declaration, `node NAME {` and the like, or a closing brace alone. */
static bool is_head(TSLexer *lexer) {
  static const char *const words[] = {"graph", "agent", "node", "type", NULL};
  Word word, name;
  skip_blanks(lexer);
  if (lexer->lookahead == '}') {
    next(lexer);
    skip_blanks(lexer);
    return at_end(lexer) || is_break(lexer->lookahead);
  }
  if (!begins_word(lexer->lookahead)) return false;
  read_word(lexer, &word);
  if (!one_of(&word, words) || !is_blank(lexer->lookahead)) return false;
  skip_blanks(lexer);
  if (!begins_word(lexer->lookahead)) return false;
  read_word(lexer, &name);
  skip_blanks(lexer);
  return lexer->lookahead == '{';
}

/* Reads the text of a triple-quoted string and its closing quotes; `head` says whether a line of it looks like a head. */
static bool skip_block(TSLexer *lexer, bool *head) {
  while (!at_end(lexer)) {
    int32_t c = lexer->lookahead;
    if (c == '"') {
      if (read_block_quote(lexer)) return true;
      continue;
    }
    next(lexer);
    if (c == '\\' && !at_end(lexer)) next(lexer);
    if (is_break(c) && is_head(lexer)) *head = true;
  }
  return false;
}

/* Reads to behind the next triple quotes that open a string, over comments and other strings. */
static bool skip_to_block(TSLexer *lexer) {
  while (!at_end(lexer)) {
    int32_t c = lexer->lookahead;
    if (c == '"') {
      if (read_block_quote(lexer)) return true;
      while (!at_end(lexer) && !is_break(lexer->lookahead) && lexer->lookahead != '"') {
        if (lexer->lookahead == '\\') next(lexer);
        if (!at_end(lexer) && !is_break(lexer->lookahead)) next(lexer);
      }
      if (lexer->lookahead == '"') next(lexer);
      continue;
    }
    next(lexer);
    if (c == '#' || (c == '/' && lexer->lookahead == '/')) skip_line(lexer);
  }
  return false;
}

/* Behind the opening quotes: decides whether the string ends at its closing quotes. It does not if there are none, or if the
 * quotes of the rest of the file do not pair up and a line inside of this one begins a declaration. Whether they pair up is
 * found out once. */
static bool begin_block(TSLexer *lexer, Scanner *scanner) {
  bool head = false, ignored = false;
  lexer->mark_end(lexer);
  bool closed = skip_block(lexer, &head);
  if (!scanner->counted) {
    bool paired = closed;
    while (paired && skip_to_block(lexer)) paired = skip_block(lexer, &ignored);
    scanner->counted = true;
    scanner->unpaired = !paired;
  }
  scanner->open = !closed || (head && scanner->unpaired);
  if (scanner->open) scanner->unpaired = false;
  return give(lexer, BLOCK_BEGIN);
}

/* A string that nothing closes ends before the first line that looks like a declaration: the rest of the file is then not
 * lost in it. */
static bool scan_open_block(TSLexer *lexer, Scanner *scanner) {
  bool some = false;
  lexer->mark_end(lexer);
  if (lexer->get_column(lexer) == 0 && is_head(lexer)) {
    scanner->open = false;
    return give(lexer, MISSING_QUOTE);
  }
  while (!at_end(lexer)) {
    bool ends = is_break(lexer->lookahead);
    next(lexer);
    some = true;
    lexer->mark_end(lexer);
    if (ends && lexer->lookahead != '\n' && is_head(lexer)) return give(lexer, BLOCK_CONTENT);
  }
  if (some) return give(lexer, BLOCK_CONTENT);
  scanner->open = false;
  return give(lexer, MISSING_QUOTE);
}

static bool scan_block(TSLexer *lexer, Scanner *scanner) {
  if (scanner->open) return scan_open_block(lexer, scanner);
  for (bool some = false;;) {
    int32_t c = lexer->lookahead;
    if (at_end(lexer)) return false;
    if (c == '"') {
      lexer->mark_end(lexer);
      if (read_block_quote(lexer)) {
        if (!some) lexer->mark_end(lexer);
        return give(lexer, some ? BLOCK_CONTENT : BLOCK_END);
      }
      some = true;
      continue;
    }
    if (c == '\\' || c == '{') {
      lexer->mark_end(lexer);
      if (some) return give(lexer, BLOCK_CONTENT);
      return c == '\\' ? scan_escape(lexer) : scan_brace(lexer, BLOCK_CONTENT);
    }
    next(lexer);
    some = true;
  }
}

/* ---- between tokens ---- */

/* What stands between the token before and the text ahead. */
typedef struct {
  bool moved;
  bool ended;
  bool comment;
  bool slash;
} Gap;

/* Skips blanks, line ends and line comments. Stops behind a slash that begins no line comment, and at a comment that is one
 * too many to look behind. */
static Gap skip_gap(TSLexer *lexer) {
  Gap gap = {false, false, false, false};
  for (int comments = 0; comments < COMMENTS_LIMIT; gap.moved = true) {
    int32_t c = lexer->lookahead;
    if (is_break(c) || is_blank(c)) {
      gap.ended |= is_break(c);
      lexer->advance(lexer, true);
    } else if (c == '#') {
      gap.ended = gap.comment = true;
      comments++;
      skip_line(lexer);
    } else if (c == '/') {
      next(lexer);
      gap.slash = lexer->lookahead != '/';
      if (gap.slash) return gap;
      gap.ended = gap.comment = true;
      comments++;
      skip_line(lexer);
    } else {
      return gap;
    }
  }
  return gap;
}

static bool give_first(TSLexer *lexer, const bool *valid, enum Token from, enum Token to) {
  for (enum Token token = from; token <= to; token++) {
    if (valid[token]) return give(lexer, token);
  }
  return false;
}

/* The text after a word: what decides whether the word begins something of its own. */
typedef struct {
  Word word;
  bool blank;   /* a blank follows the word */
  bool arrow;   /* then `->` or `=>` */
  int32_t sign; /* then this, unless it is a word */
  Word second;  /* then this word */
  int32_t last; /* and then this */
} Phrase;

static bool skips_title(TSLexer *lexer) {
  int budget = TEMPLATE_LIMIT;
  if (!skip_string(lexer, &budget)) return false;
  skip_blanks(lexer);
  return lexer->lookahead == '{';
}

static void read_phrase(TSLexer *lexer, Phrase *phrase) {
  phrase->blank = is_blank(lexer->lookahead);
  skip_blanks(lexer);
  phrase->sign = lexer->lookahead;
  if (begins_word(phrase->sign)) {
    read_word(lexer, &phrase->second);
    skip_blanks(lexer);
    phrase->last = lexer->lookahead;
  } else if (phrase->sign == '-' || phrase->sign == '=') {
    next(lexer);
    phrase->arrow = lexer->lookahead == '>';
  } else if (phrase->sign == '"' && strcmp(phrase->word.text, "test") == 0) {
    phrase->last = skips_title(lexer) ? '{' : 0;
  }
}

/* Two words in a row, or a word and what no operator is: no expression goes on like this. */
static bool is_statement(const Phrase *phrase) {
  if (phrase->arrow) return true;
  if (!phrase->blank || continues(&phrase->word)) return false;
  if (phrase->second.text[0]) return !continues(&phrase->second);
  return phrase->sign == '"' || phrase->sign == '{' || phrase->sign == '[' || is_digit(phrase->sign);
}

enum Head { NOTHING, INSIDE, TOP };

/* Whether the words begin a declaration, and where it is at home. */
static enum Head declaration_head(const Phrase *phrase, bool ended) {
  const char *word = phrase->word.text;
  bool named = phrase->blank && phrase->second.text[0];
  if (strcmp(word, "test") == 0) return phrase->sign == '"' && phrase->last == '{' ? TOP : NOTHING;
  if (!named) return NOTHING;
  if (strcmp(word, "graph") == 0 || strcmp(word, "agent") == 0) return phrase->last == '{' ? TOP : NOTHING;
  if (strcmp(word, "node") == 0) return phrase->last == '{' ? INSIDE : NOTHING;
  if (strcmp(word, "type") == 0) return phrase->last == '{' || phrase->last == '=' ? INSIDE : NOTHING;
  if (strcmp(word, "channel") == 0) {
    bool declares = phrase->last == ':' || (begins_word(phrase->last) && !continues(&phrase->second));
    return ended && declares ? INSIDE : NOTHING;
  }
  return NOTHING;
}

static bool missing_arrow(const Phrase *phrase, bool ended) {
  if (!ended) return strcmp(phrase->word.text, "at") != 0 && !continues(&phrase->word);
  if (strcmp(phrase->word.text, "else") == 0) return phrase->arrow;
  return strcmp(phrase->word.text, "when") == 0 || !continues(&phrase->word);
}

/* The bracket that a new line, beginning with these words, cannot be inside of. */
static bool close_at_line(TSLexer *lexer, const bool *valid, const Phrase *phrase) {
  bool opens = phrase->blank && !continues(&phrase->word) && (phrase->sign == '{' || phrase->sign == '[');
  bool item = begins_item(&phrase->word) && is_statement(phrase) && !phrase->arrow;
  if (valid[CLOSE_ROUTES] && (item || opens)) return give(lexer, CLOSE_ROUTES);
  if (valid[CLOSE_RECORD] && (opens || phrase->arrow || (item && !names_type(&phrase->second)))) {
    return give(lexer, CLOSE_RECORD);
  }
  bool leads = phrase->arrow && strcmp(phrase->word.text, "on_timeout") != 0;
  if (valid[CLOSE_POLICY] && (item || leads)) return give(lexer, CLOSE_POLICY);
  if (valid[CLOSE_PAIRS] && opens) return give(lexer, CLOSE_PAIRS);
  bool sends = strcmp(phrase->word.text, "send") == 0;
  if (valid[CLOSE_SEND] && item && phrase->sign != '{' && phrase->sign != '"' && (!sends || phrase->sign == '[')) {
    return give(lexer, CLOSE_SEND);
  }
  return is_statement(phrase) && give_first(lexer, valid, CLOSE_OBJECT, CLOSE_PAREN);
}

static bool scan_hyphens(TSLexer *lexer) {
  bool hyphenated = false;
  while (lexer->lookahead == '-') {
    next(lexer);
    if (!in_word(lexer->lookahead)) break;
    while (in_word(lexer->lookahead)) next(lexer);
    lexer->mark_end(lexer);
    hyphenated = true;
  }
  return hyphenated && give(lexer, KEBAB_NAME);
}

/* What stands on the line, at a word that may be an argument. */
static bool is_argument(const Phrase *phrase) {
  return !begins_member(&phrase->word) && !phrase->arrow && phrase->sign != ':' && phrase->sign != '{';
}

static bool scan_word(TSLexer *lexer, const bool *valid, Gap gap) {
  Phrase phrase = {{{0}}, false, false, 0, {{0}}, 0};
  read_word(lexer, &phrase.word);
  if (!gap.comment) {
    if (valid[KEY] && lexer->lookahead == ':') {
      lexer->mark_end(lexer);
      return give(lexer, KEY);
    }
    if (valid[KEBAB_NAME] && lexer->lookahead == '-') return scan_hyphens(lexer);
  }
  read_phrase(lexer, &phrase);
  enum Head head = declaration_head(&phrase, gap.ended);
  if (head != NOTHING && give_first(lexer, valid, CLOSE_NODE, CLOSE_TYPE)) return true;
  if (head == TOP && valid[CLOSE_DECLARATION]) return give(lexer, CLOSE_DECLARATION);
  if (follows_operand(&phrase.word) && give_first(lexer, valid, MISSING_VALUE, MISSING_OPERAND)) return true;
  if (gap.ended && valid[MISSING_OPERAND] && (is_statement(&phrase) || phrase.sign == ':')) {
    return give(lexer, MISSING_OPERAND);
  }
  if (valid[MISSING_BRACE] && phrase.sign == ':' && phrase.word.text[0] && !is_item(&phrase.word)) {
    return give(lexer, MISSING_BRACE);
  }
  if (valid[MISSING_ARROW] && gap.moved && missing_arrow(&phrase, gap.ended)) return give(lexer, MISSING_ARROW);
  if (gap.ended && close_at_line(lexer, valid, &phrase)) return true;
  if (valid[CLOSE_ANGLE]) return give(lexer, CLOSE_ANGLE);
  if (valid[CLOSE_TYPE] && gap.ended) return give(lexer, CLOSE_TYPE);
  if (valid[MISSING_OPEN]) return give(lexer, MISSING_OPEN);
  if (gap.ended || !gap.moved) return false;
  if (valid[WORD_AHEAD] && is_argument(&phrase)) return give(lexer, WORD_AHEAD);
  return valid[MORE_AHEAD] && !phrase.arrow && give(lexer, MORE_AHEAD);
}

/* A closing bracket: what is missing before it, and the bracket that has to close before this one can. */
static bool scan_close(TSLexer *lexer, const bool *valid, int32_t c) {
  if (give_first(lexer, valid, MISSING_NAME, MISSING_OPEN)) return true;
  if (valid[CLOSE_ANGLE]) return give(lexer, CLOSE_ANGLE);
  if (valid[CLOSE_TYPE] && c != ']') return give(lexer, CLOSE_TYPE);
  if (valid[CLOSE_SEND] && c == '}') return give(lexer, CLOSE_SEND);
  if (valid[CLOSE_OBJECT] && c != '}') return give(lexer, CLOSE_OBJECT);
  if (valid[CLOSE_BRACKET] && c != ']') return give(lexer, CLOSE_BRACKET);
  return valid[CLOSE_PAREN] && c != ')' && give(lexer, CLOSE_PAREN);
}

static bool scan_minus(TSLexer *lexer, const bool *valid, Gap gap) {
  next(lexer);
  bool arrow = lexer->lookahead == '>';
  if (valid[MISSING_MEMBER]) return give(lexer, MISSING_MEMBER);
  if (arrow && give_first(lexer, valid, MISSING_VALUE, MISSING_OPERAND)) return true;
  if (valid[MISSING_OPEN]) return give(lexer, MISSING_OPEN);
  return valid[MORE_AHEAD] && !gap.ended && is_digit(lexer->lookahead) && give(lexer, MORE_AHEAD);
}

/* The beginning of a value that is no word: a string, a number, a list. */
static bool scan_value(TSLexer *lexer, const bool *valid, Gap gap) {
  if (valid[MISSING_ARROW] && gap.moved) return give(lexer, MISSING_ARROW);
  if (valid[MISSING_OPEN]) return give(lexer, MISSING_OPEN);
  return valid[MORE_AHEAD] && !gap.ended && gap.moved && give(lexer, MORE_AHEAD);
}

/* Whether a key of a block stands here, and not the word of an item with a colon behind it. */
static bool is_key_ahead(TSLexer *lexer) {
  Word word;
  read_word(lexer, &word);
  return word.text[0] && lexer->lookahead == ':' && !is_item(&word);
}

static bool scan_between(TSLexer *lexer, const bool *valid) {
  lexer->mark_end(lexer);
  Gap gap = skip_gap(lexer);
  int32_t c = lexer->lookahead;
  if (gap.ended && c != '{' && give_first(lexer, valid, MISSING_NAME, MISSING_VALUE)) {
    if (valid[MISSING_BRACE] && !gap.slash && is_key_ahead(lexer)) return give(lexer, MISSING_BRACE);
    return true;
  }
  if (gap.slash) return false;
  if (at_end(lexer)) {
    return give_first(lexer, valid, MISSING_NAME, MISSING_OPEN) ||
           give_first(lexer, valid, CLOSE_DECLARATION, CLOSE_TYPE);
  }
  if (begins_word(c)) return scan_word(lexer, valid, gap);
  if (is_digit(c)) return scan_value(lexer, valid, gap);
  switch (c) {
    case '}':
    case ']':
    case ')':
      return scan_close(lexer, valid, c);
    case ',':
    case ';':
      return give_first(lexer, valid, MISSING_NAME, MISSING_OPEN);
    case '-':
      return scan_minus(lexer, valid, gap);
    case '"':
    case '\'':
    case '`':
    case '[':
    case 0x201c:
      return scan_value(lexer, valid, gap);
    case '{':
      return give_first(lexer, valid, MISSING_NAME, MISSING_MEMBER);
    case ':':
      return (valid[MISSING_MEMBER] && give(lexer, MISSING_MEMBER)) ||
             (valid[MISSING_OPERAND] && give(lexer, MISSING_OPERAND));
    case '=':
      return (valid[MISSING_MEMBER] && give(lexer, MISSING_MEMBER)) || (valid[CLOSE_ANGLE] && give(lexer, CLOSE_ANGLE));
    case '<':
    case '>':
    case '!':
    case '+':
    case '*':
    case '%':
    case '|':
    case '&':
    case '?':
      return valid[MISSING_MEMBER] && give(lexer, MISSING_MEMBER);
    default:
      return false;
  }
}

bool tree_sitter_rag_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  Scanner *scanner = payload;
  if (valid[RECOVERING]) return false;
  if (valid[STRING_CONTENT]) return scan_string(lexer);
  if (valid[BLOCK_BEGIN]) return begin_block(lexer, scanner);
  if (valid[BLOCK_CONTENT]) return scan_block(lexer, scanner);
  return scan_between(lexer, valid);
}

void *tree_sitter_rag_external_scanner_create(void) { return ts_calloc(1, sizeof(Scanner)); }

void tree_sitter_rag_external_scanner_destroy(void *payload) { ts_free(payload); }

unsigned tree_sitter_rag_external_scanner_serialize(void *payload, char *buffer) {
  const Scanner *scanner = payload;
  buffer[0] = (char)(scanner->open | scanner->counted << 1 | scanner->unpaired << 2);
  return 1;
}

void tree_sitter_rag_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  Scanner *scanner = payload;
  unsigned state = length > 0 ? (unsigned char)buffer[0] : 0;
  scanner->open = state & 1;
  scanner->counted = state >> 1 & 1;
  scanner->unpaired = state >> 2 & 1;
}
