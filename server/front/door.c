/* Limits and penalties at the door, and refusals in plain words. Called on front's only thread. What it tells
 * a client is about that client's own source, or about the server as a whole, and never about others. */
#include "server/front/door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/log.h"
#include "server/front/farewells.h"
#include "server/front/front.h"
#include "server/front/poller.h"
#include "server/front/proxied.h"
#include "server/front/refusal.h"
#include "server/front/sessions.h"
#include "server/front/sources.h"
#include "server/front/stats.h"

enum {
    NUMBER_BYTES = 24,
    WORDS_BYTES = 128,
    LOG_MS = 1000,       /* refusals, like penalties, are logged once in this time, with their number */
    EARLY_DROP_PARTS = 4 /* random early drop begins when the last of so many parts of the limit is reached */
};

/* What is not logged yet, and when the last line was. */
struct seldom {
    unsigned count;
    int64_t logged_ms;
};

struct door {
    struct front *front;
    struct sources *sources;
    struct penalties *penalties;
    struct farewells *farewells;
    struct seldom refusals;
    struct seldom penalised;
};

struct door *door_new(struct front *front)
{
    struct door *door = calloc(1, sizeof *door);
    if (door == NULL) {
        abort();
    }
    door->front = front;
    door->sources = sources_new(front->config.limits.sessions);
    door->penalties = penalties_new(&front->config);
    door->farewells = farewells_new(front->poller);
    door->refusals.logged_ms = door->penalised.logged_ms = -LOG_MS;
    return door;
}

void door_free(struct door *door)
{
    if (door != NULL) {
        sources_free(door->sources);
        penalties_free(door->penalties);
        farewells_free(door->farewells);
        free(door);
    }
}

/* One more; true when it is time for a line, with their number in ret_text. */
static bool is_time_to_log(struct seldom *seldom, char ret_text[NUMBER_BYTES])
{
    int64_t now_ms = poller_now_ms();
    seldom->count++;
    if (now_ms - seldom->logged_ms < LOG_MS) {
        return false;
    }
    snprintf(ret_text, NUMBER_BYTES, "%u", seldom->count);
    seldom->count = 0;
    seldom->logged_ms = now_ms;
    return true;
}

/* ------------------------------------------------------------------ refusing */

void door_refuse(struct door *door, int client_fd, const struct address *address, enum wire_stat reason,
                 const char *words)
{
    cleanup(buf_done) struct buf refusal = {0};
    char number[NUMBER_BYTES];
    refusal_append(&refusal, words);
    (void)send(client_fd, refusal.data, refusal.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    farewells_add(door->farewells, client_fd);
    stats_count(&door->front->stats, WIRE_STAT_connections_refused);
    if (reason != WIRE_STAT_connections_refused) {
        stats_count(&door->front->stats, reason);
    }
    if (is_time_to_log(&door->refusals, number)) {
        log_warning("connection.refused", "source", address->text, "answer", words, "refusals", number);
    }
}

/* Below three quarters of the limit never, at it always, between them ever more likely: a flood cannot keep
 * everyone else out by holding every place. */
static bool is_dropped_early(const struct door *door)
{
    unsigned limit = door->front->config.limits.unauthenticated;
    unsigned begin = limit - limit / EARLY_DROP_PARTS;
    unsigned unauthenticated = sessions_count_unauthenticated(door->front->sessions);
    uint32_t random = 0;
    if (unauthenticated >= limit) {
        return true;
    }
    if (unauthenticated < begin ||
        getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        return false;
    }
    return random % (limit - begin + 1) < unauthenticated - begin;
}

static void refuse_penalised(struct door *door, int client_fd, const struct address *address,
                             unsigned seconds)
{
    char words[WORDS_BYTES];
    snprintf(words, sizeof words, "Too many failed attempts from your address, try again in %u seconds",
             seconds);
    door_refuse(door, client_fd, address, WIRE_STAT_connections_refused_penalty, words);
}

void door_admit(struct door *door, int client_fd, const struct address *address)
{
    const struct config *config = &door->front->config;
    unsigned seconds = penalties_left(door->penalties, address, poller_now_ms());
    if (seconds > 0) {
        refuse_penalised(door, client_fd, address, seconds);
        return;
    }
    if (sessions_count(door->front->sessions) >= config->limits.sessions || is_dropped_early(door)) {
        door_refuse(door, client_fd, address, WIRE_STAT_connections_refused_full,
                    "Too many connections, try again later");
        return;
    }
    struct source *source = NULL;
    switch (sources_enter(door->sources, address, config->limits.sessions_per_source,
                          config->limits.unauthenticated_per_source, &source)) {
    case SOURCES_ENTERED:
        sessions_start(door->front->sessions, client_fd, address, source);
        break;
    case SOURCES_FULL:
        door_refuse(door, client_fd, address, WIRE_STAT_connections_refused_source,
                    "Too many connections from your address, try again later");
        break;
    case SOURCES_FULL_UNAUTHENTICATED:
        door_refuse(door, client_fd, address, WIRE_STAT_connections_refused_source,
                    "Too many connections from your address that have not logged in, try again later");
        break;
    }
}

void door_knock(struct door *door, int client_fd, const struct sockaddr_storage *from)
{
    struct address address;
    stats_count(&door->front->stats, WIRE_STAT_connections);
    if (!address_read(from, &address)) {
        close(client_fd);
    } else if (address_is_in(&address, &door->front->config.server.proxy_from)) {
        proxied_add(door->front->proxied, client_fd, &address);
    } else {
        door_admit(door, client_fd, &address);
    }
}

/* ------------------------------------------------------------------ what sources have */

void door_logged_in(struct source *source)
{
    sources_logged_in(source);
}

void door_left(struct door *door, struct source *source, bool has_logged_in)
{
    sources_leave(door->sources, source, has_logged_in);
}

bool door_knows(const struct source *source)
{
    return sources_have_login(source);
}

/* A balancer that speaks for itself is never penalised: it looks whether we are there, and logs in nowhere.
 */
void door_penalise(struct door *door, const struct address *address, enum offence offence)
{
    char number[NUMBER_BYTES], text[NUMBER_BYTES];
    unsigned seconds = 0;
    if (address_is_in(address, &door->front->config.server.proxy_from) ||
        !penalties_add(door->penalties, address, offence, poller_now_ms(), &seconds)) {
        return;
    }
    stats_count(&door->front->stats, WIRE_STAT_penalties);
    stats_set(&door->front->stats, WIRE_STAT_sources_penalised, penalties_count_refused(door->penalties));
    if (seconds > 0 && is_time_to_log(&door->penalised, number)) {
        snprintf(text, sizeof text, "%u", seconds);
        log_warning("source.penalised", "source", address->text, "seconds", text, "sources", number);
    }
}

/* ------------------------------------------------------------------ times */

void door_reload(struct door *door)
{
    penalties_resize(door->penalties);
}

int64_t door_next_ms(const struct door *door)
{
    int64_t penalties_ms = penalties_next_ms(door->penalties);
    int64_t farewells_ms = farewells_next_ms(door->farewells);
    return penalties_ms < farewells_ms ? penalties_ms : farewells_ms;
}

void door_tick(struct door *door, int64_t now_ms)
{
    farewells_tick(door->farewells, now_ms);
    penalties_tick(door->penalties, now_ms);
    stats_set(&door->front->stats, WIRE_STAT_sources_penalised, penalties_count_refused(door->penalties));
}
