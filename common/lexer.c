/* The lexer: one pass over a line, checking the encoding while it splits. Called by core for every line of
 * every batch. Pure; allocates in the caller's arena only. */
#include "common/lexer.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/text.h"

struct lexer {
    const char *line;
    size_t len;
    size_t at;
    char *out; /* the words' texts, NUL between them: never longer than the line and one byte */
    size_t used;
    uint32_t starts[LEXER_WORDS_MAX];
    uint32_t lens[LEXER_WORDS_MAX];
    size_t count;
    struct err_info *info;
};

/* What a byte means outside quotes. */
enum kind { PLAIN, BLANK, QUOTE, ESCAPE, CONTROL, HIGH };

static enum kind kind_of(char c)
{
    switch (c) {
    case ' ':
    case '\t':
        return BLANK;
    case '\'':
    case '"':
        return QUOTE;
    case '\\':
        return ESCAPE;
    default:
        if ((unsigned char)c >= 0x80) {
            return HIGH;
        }
        return (unsigned char)c < ' ' || c == 0x7F ? CONTROL : PLAIN;
    }
}

/* ASCII that means itself, in quotes too: what most of a line is. Blanks are not, so that one loop serves
 * all. */
static bool is_plain(char c)
{
    return c > ' ' && c < 0x7F && c != '\'' && c != '"' && c != '\\';
}

/* Copy as many plain characters as there are. */
static void copy_plain(struct lexer *lexer)
{
    const char *text = lexer->line + lexer->at;
    size_t left = lexer->len - lexer->at;
    size_t run = 0;

    while (run < left && is_plain(text[run])) {
        run++;
    }
    memcpy(lexer->out + lexer->used, text, run);
    lexer->used += run;
    lexer->at += run;
}

static enum err refuse_encoding(struct lexer *lexer, size_t bytes)
{
    if (bytes == 0) {
        return err_set(lexer->info, ERR_BAD_ENCODING, "byte %zu of the line is not UTF-8", lexer->at + 1);
    }
    return err_set(lexer->info, ERR_BAD_ENCODING, "byte %zu of the line is a control character",
                   lexer->at + 1);
}

/* Copy one whole character, whatever it means elsewhere. The caller has seen that the line goes on. */
static enum err copy_character(struct lexer *lexer)
{
    const char *text = lexer->line + lexer->at;
    enum kind kind = kind_of(*text);
    uint32_t point = 0;
    size_t bytes = 1;

    if (kind == CONTROL) {
        return refuse_encoding(lexer, 1);
    }
    if (kind == HIGH) {
        bytes = text_decode(text, lexer->len - lexer->at, &point);
        if (bytes == 0 || point < 0xA0) {
            return refuse_encoding(lexer, bytes);
        }
    }
    for (size_t i = 0; i < bytes; i++) {
        lexer->out[lexer->used++] = text[i];
    }
    lexer->at += bytes;
    return ERR_OK;
}

/* A backslash: the character after it, as it is. */
static enum err copy_escaped(struct lexer *lexer)
{
    lexer->at++;
    if (lexer->at == lexer->len) {
        return err_set(lexer->info, ERR_USAGE, "the line ends in a lone \\");
    }
    return copy_character(lexer);
}

static enum err copy_quoted(struct lexer *lexer)
{
    char quote = lexer->line[lexer->at++];
    enum err err = ERR_OK;

    while (err == ERR_OK && lexer->at < lexer->len) {
        char c = lexer->line[lexer->at];

        if (c == quote) {
            lexer->at++;
            return ERR_OK;
        }
        err = c == '\\' && quote == '"' ? copy_escaped(lexer) : copy_character(lexer);
        copy_plain(lexer);
    }
    return err != ERR_OK ? err : err_set(lexer->info, ERR_USAGE, "a %c quote is left open", quote);
}

/* One word, quoted pieces and all, up to the blank after it. */
static enum err split_word(struct lexer *lexer)
{
    enum err err = ERR_OK;
    size_t start = lexer->used;

    if (lexer->count == LEXER_WORDS_MAX) {
        return err_set(lexer->info, ERR_TOO_LONG, "more than %d words in the line", LEXER_WORDS_MAX);
    }
    while (err == ERR_OK && lexer->at < lexer->len) {
        enum kind kind = kind_of(lexer->line[lexer->at]);

        if (kind == PLAIN) {
            copy_plain(lexer);
        } else if (kind == BLANK) {
            break;
        } else if (kind == QUOTE) {
            err = copy_quoted(lexer);
        } else if (kind == ESCAPE) {
            err = copy_escaped(lexer);
        } else {
            err = copy_character(lexer);
        }
    }
    if (err == ERR_OK && lexer->used - start > LEXER_WORD_MAX) {
        err = err_set(lexer->info, ERR_TOO_LONG, "a word of %zu bytes; at most %d", lexer->used - start,
                      LEXER_WORD_MAX);
    }
    lexer->starts[lexer->count] = (uint32_t)start;
    lexer->lens[lexer->count] = (uint32_t)(lexer->used - start);
    lexer->count++;
    lexer->out[lexer->used++] = '\0';
    return err;
}

/* A comment says nothing, but may not smuggle anything either. */
static enum err skip_comment(struct lexer *lexer)
{
    size_t used = lexer->used;
    enum err err = ERR_OK;

    while (err == ERR_OK && lexer->at < lexer->len) {
        err = copy_character(lexer);
    }
    lexer->used = used;
    return err;
}

static void hand_out(struct arena *arena, const struct lexer *lexer, struct words *ret_words)
{
    struct words words = {.count = lexer->count};

    words.texts = arena_alloc(arena, lexer->count * sizeof *words.texts);
    words.lens = arena_alloc(arena, lexer->count * sizeof *words.lens);
    for (size_t i = 0; i < lexer->count; i++) {
        words.texts[i] = lexer->out + lexer->starts[i];
        words.lens[i] = lexer->lens[i];
    }
    *ret_words = words;
}

enum err lexer_split(struct arena *arena, const char *line, size_t len, struct words *ret_words,
                     struct err_info *ret_info)
{
    struct lexer lexer; /* 8 KiB of starts and lengths: not worth clearing */
    enum err err = ERR_OK;

    if (len > LEXER_LINE_MAX) {
        return err_set(ret_info, ERR_TOO_LONG, "a line of %zu bytes; at most %d", len, LEXER_LINE_MAX);
    }
    lexer.line = line;
    lexer.len = len;
    lexer.at = 0;
    lexer.used = 0;
    lexer.count = 0;
    lexer.info = ret_info;
    lexer.out = arena_alloc(arena, len + 1);
    while (err == ERR_OK) {
        while (lexer.at < len && kind_of(line[lexer.at]) == BLANK) {
            lexer.at++;
        }
        if (lexer.at == len) {
            break;
        }
        err = line[lexer.at] == '#' ? skip_comment(&lexer) : split_word(&lexer);
    }
    if (err == ERR_OK) {
        hand_out(arena, &lexer, ret_words);
    }
    return err;
}
