/* Fuzzes the lexer: bounds hold, and words quoted again split into themselves. */
#include <string.h>

#include "common/buf.h"
#include "common/lexer.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

static void check_words(const struct words *words, size_t size)
{
    size_t total = 0;

    FUZZ_PROMISE(words->count <= LEXER_WORDS_MAX);
    for (size_t i = 0; i < words->count; i++) {
        FUZZ_PROMISE(words->lens[i] <= LEXER_WORD_MAX);
        FUZZ_PROMISE(strlen(words->texts[i]) == words->lens[i]);
        FUZZ_PROMISE(text_is_utf8(words->texts[i], words->lens[i]));
        total += words->lens[i];
    }
    FUZZ_PROMISE(total <= size);
}

/* In single quotes, where only the quote itself needs care. */
static void append_quoted(struct buf *line, const char *word)
{
    buf_append_char(line, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            buf_append_text(line, "'\\''");
        } else {
            buf_append_char(line, *word);
        }
    }
    buf_append_text(line, "' ");
}

static void check_again(const struct words *words)
{
    struct arena arena = {0};
    struct buf line = {0};
    struct words again;

    for (size_t i = 0; i < words->count; i++) {
        append_quoted(&line, words->texts[i]);
    }
    if (line.len <= LEXER_LINE_MAX) {
        FUZZ_PROMISE(lexer_split(&arena, line.data, line.len, &again, NULL) == ERR_OK);
        FUZZ_PROMISE(again.count == words->count);
        for (size_t i = 0; i < words->count; i++) {
            FUZZ_PROMISE(strcmp(again.texts[i], words->texts[i]) == 0);
        }
    }
    buf_done(&line);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct words words;
    struct err_info info = {0};
    enum err err = lexer_split(&arena, (const char *)data, size, &words, &info);

    if (err == ERR_OK) {
        FUZZ_PROMISE(text_is_utf8((const char *)data, size));
        check_words(&words, size);
        check_again(&words);
    } else {
        FUZZ_PROMISE(err == ERR_TOO_LONG || err == ERR_BAD_ENCODING || err == ERR_USAGE);
        FUZZ_PROMISE(info.code == err);
        FUZZ_PROMISE(text_is_printable(info.message, strlen(info.message)));
    }
    arena_done(&arena);
    return 0;
}
