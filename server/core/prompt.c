/* Lines for a command, from a pipe or a terminal. Called by single.c on the main loop. Holds passwords for a
 * moment: its buffer never grows, and is wiped. */
#include "server/core/prompt.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "server/core/command.h"

enum {
    LINE_MAX_BYTES = 8 * 1024,
    INTERRUPT = 0x03,
    END_OF_INPUT = 0x04,
    BACKSPACE = 0x08,
    KILL_LINE = 0x15,
    DELETE = 0x7F
};

struct prompt {
    struct request *request;
    const char *texts[REQUEST_INPUTS_MAX];
    unsigned wanted;
    bool is_terminal;
    bool after_return; /* a \n after a \r belongs to it */
    size_t len;
    char line[LINE_MAX_BYTES];
};

struct prompt *prompt_new(struct request *request, bool is_terminal)
{
    const char *texts[REQUEST_INPUTS_MAX] = {0};
    unsigned wanted = request->command->inputs ? request->command->inputs(request, texts) : 0;

    if (wanted == 0) {
        return NULL;
    }
    struct prompt *prompt = calloc(1, sizeof *prompt);
    if (!prompt) {
        abort();
    }
    prompt->request = request;
    prompt->wanted = wanted;
    prompt->is_terminal = is_terminal;
    memcpy(prompt->texts, texts, sizeof texts);
    return prompt;
}

void prompt_free(struct prompt *prompt)
{
    if (prompt) {
        sodium_memzero(prompt, sizeof *prompt);
        free(prompt);
    }
}

void prompt_begin(const struct prompt *prompt, struct buf *out)
{
    if (prompt->is_terminal && prompt->texts[prompt->request->input_count]) {
        buf_append_text(out, prompt->texts[prompt->request->input_count]);
    }
}

static enum prompt_state fail(struct prompt *prompt, enum err err, const char *message)
{
    prompt->request->err = err_set(&prompt->request->error, err, "%s", message);
    return PROMPT_BAD;
}

static enum prompt_state end_line(struct prompt *prompt, struct buf *out)
{
    struct request *request = prompt->request;
    size_t len = prompt->len;

    if (!prompt->is_terminal && len > 0 && prompt->line[len - 1] == '\r') {
        len--;
    }
    if (memchr(prompt->line, '\0', len) || !text_is_utf8(prompt->line, len)) {
        return fail(prompt, ERR_BAD_ENCODING, "the line on stdin is not UTF-8 text");
    }
    request->inputs[request->input_count++] = arena_strndup(&request->arena, prompt->line, len);
    sodium_memzero(prompt->line, prompt->len);
    prompt->len = 0;
    if (prompt->is_terminal) {
        buf_append_char(out, '\n');
    }
    if (request->input_count == prompt->wanted) {
        return PROMPT_DONE;
    }
    prompt_begin(prompt, out);
    return PROMPT_MORE;
}

/* The last character, whole. */
static void erase(struct prompt *prompt)
{
    while (prompt->len > 0) {
        unsigned char byte = (unsigned char)prompt->line[--prompt->len];
        if ((byte & 0xC0) != 0x80) {
            return;
        }
    }
}

/* What a terminal's own line editing would do. True: the byte was a key of it. */
static bool edit(struct prompt *prompt, unsigned char byte)
{
    if (byte == BACKSPACE || byte == DELETE) {
        erase(prompt);
        return true;
    }
    if (byte == KILL_LINE) {
        prompt->len = 0;
        return true;
    }
    return false;
}

static enum prompt_state take_key(struct prompt *prompt, unsigned char byte, struct buf *out)
{
    bool is_second = byte == '\n' && prompt->after_return;
    prompt->after_return = byte == '\r';
    if (is_second || edit(prompt, byte)) {
        return PROMPT_MORE;
    }
    if (byte == '\r' || byte == '\n') {
        return end_line(prompt, out);
    }
    if (byte == INTERRUPT || (byte == END_OF_INPUT && prompt->len == 0)) {
        buf_append_char(out, '\n');
        return fail(prompt, ERR_USAGE, "cancelled");
    }
    if (prompt->len == LINE_MAX_BYTES) {
        return fail(prompt, ERR_TOO_LONG, "the line is too long");
    }
    prompt->line[prompt->len++] = (char)byte;
    return PROMPT_MORE;
}

static enum prompt_state take_piped(struct prompt *prompt, const char *data, size_t len, struct buf *out)
{
    enum prompt_state state = PROMPT_MORE;

    while (len > 0 && state == PROMPT_MORE) {
        const char *end = memchr(data, '\n', len);
        size_t part = end ? (size_t)(end - data) : len;

        if (prompt->len + part > LINE_MAX_BYTES) {
            prompt->request->err = err_set(&prompt->request->error, ERR_TOO_LONG,
                                           "the line on stdin is longer than %d bytes", LINE_MAX_BYTES);
            return PROMPT_BAD;
        }
        memcpy(prompt->line + prompt->len, data, part);
        prompt->len += part;
        if (end) {
            state = end_line(prompt, out);
            part++;
        }
        data += part;
        len -= part;
    }
    return state;
}

enum prompt_state prompt_take(struct prompt *prompt, const char *data, size_t len, struct buf *out)
{
    enum prompt_state state = PROMPT_MORE;

    if (!prompt->is_terminal) {
        return take_piped(prompt, data, len, out);
    }
    for (size_t i = 0; i < len && state == PROMPT_MORE; i++) {
        state = take_key(prompt, (unsigned char)data[i], out);
    }
    return state;
}

enum prompt_state prompt_end(struct prompt *prompt)
{
    struct buf nothing = {0};
    enum prompt_state state = PROMPT_DONE;

    if (prompt->len > 0) {
        bool is_terminal = prompt->is_terminal;
        prompt->is_terminal = false; /* nobody is there to be shown anything */
        prompt->wanted = prompt->request->input_count + 1;
        state = end_line(prompt, &nothing);
        prompt->is_terminal = is_terminal;
    }
    buf_done(&nothing);
    return state;
}
