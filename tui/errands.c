/* Forms into commands: see errands.h.
 * Called by the feed.
 * Speaks to the server through the client only. */
#include "tui/errands.h"

#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "common/cleanup.h"

/* "--option=value" of every field that has one and is filled in, each with its NUL. */
static void append_options(struct buf *buf, const struct form *form, size_t starts[], size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; i < form->spec->count; i++) {
        if (form->spec->fields[i].option == NULL || form->fields[i].len == 0) {
            continue;
        }
        starts[count++] = buf->len;
        buf_printf(buf, "--%s=%s", form->spec->fields[i].option, form->fields[i].text);
        buf_append_char(buf, '\0');
    }
    *ret_count = count;
}

bool errands_send(struct errand errands[ERRANDS], struct client *client, enum errand_kind kind,
                  const struct form *form)
{
    struct errand *errand = &errands[kind];
    cleanup(buf_done) struct buf options = {0};
    size_t starts[FORM_FIELDS_MAX];
    const char *words[FORM_FIELDS_MAX + 2] = {form->spec->command};
    const char *lines[FORM_FIELDS_MAX + 1] = {NULL};
    size_t word_count = 0;
    size_t line_count = 0;
    if (errand->state == ERRAND_SENT) {
        return false;
    }
    append_options(&options, form, starts, &word_count);
    for (size_t i = 0; i < word_count; i++) {
        words[i + 1] = options.data + starts[i];
    }
    for (size_t i = 0; i < form->spec->count; i++) {
        if (form->spec->fields[i].option == NULL) {
            lines[line_count++] = form->fields[i].text;
        }
    }
    errands_reset(errands, kind);
    errand->request = client_request_with_lines(client, REQUEST_ERRAND, words, lines);
    errand->state = errand->request != 0 ? ERRAND_SENT : ERRAND_FAILED;
    if (errand->request == 0) {
        snprintf(errand->text, sizeof(errand->text), "The server does not answer: try again in a moment");
    }
    return true;
}

bool errands_take(struct errand errands[ERRANDS], const struct answer *answer, enum errand_kind *ret_kind)
{
    struct errand *errand = errands;
    while (errand < errands + ERRANDS && errand->request != answer->request) {
        errand++;
    }
    if (errand == errands + ERRANDS) {
        return false;
    }
    if (!answer->is_end) {
        answer_get_text(answer, "user", errand->user, sizeof(errand->user));
        answer_get_text(answer, "store", errand->store, sizeof(errand->store));
        answer_get_text(answer, "state", errand->outcome, sizeof(errand->outcome));
        return false;
    }
    errand->request = 0;
    errand->state = answer->ok ? ERRAND_DONE : ERRAND_FAILED;
    if (!answer->ok) {
        snprintf(errand->text, sizeof(errand->text), "%s",
                 answer->message[0] != '\0' ? answer->message : answer->error);
    }
    *ret_kind = (enum errand_kind)(errand - errands);
    return true;
}

void errands_reset(struct errand errands[ERRANDS], enum errand_kind kind)
{
    if (errands[kind].state != ERRAND_SENT) {
        errands[kind] = (struct errand){.state = ERRAND_IDLE};
    }
}
