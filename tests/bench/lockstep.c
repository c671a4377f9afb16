/* Sessions that wait: runs a command (ssh … batch) many times at once, sends each a sale, or with --ask a
 * question, waits for its answer, sends the next. Tells the rate of all, and how long answers took. Run by
 * throughput.sh, flood.sh and cache.sh; talks only to the commands it starts. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { SESSIONS_MAX = 1000, ANSWER_MAX = 4096, TIMES_MAX = 20000000, START_MS = 120000 };

struct session {
    pid_t pid;
    int input;  /* the command's stdin; -1 once closed */
    int output; /* its stdout; -1 at its end */
    char answer[ANSWER_MAX];
    size_t answer_len;
    int64_t sent_micros;
    int64_t next_micros; /* when the next line is due */
    bool waits;          /* for an answer */
};

struct options {
    unsigned sessions;
    unsigned seconds;
    unsigned pause_ms;
    unsigned stores;
    unsigned products;
    bool asks; /* what is in stock, and sells nothing */
    char **command;
};

struct run {
    struct options options;
    struct session *sessions;
    struct pollfd *polls;
    uint32_t *times; /* microseconds */
    size_t time_count;
    size_t failures;
    uint64_t seed;
    bool is_counting;
};

static volatile sig_atomic_t told_to_stop;

static void note_signal(int number)
{
    (void)number;
    told_to_stop = 1;
}

static _Noreturn void stop(const char *what, const char *why)
{
    fprintf(stderr, "lockstep: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_micros(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t run_random(struct run *run, uint64_t below)
{
    run->seed ^= run->seed << 13;
    run->seed ^= run->seed >> 7;
    run->seed ^= run->seed << 17;
    return run->seed % below;
}

static void session_start(struct session *session, char **command)
{
    posix_spawn_file_actions_t actions;
    int to[2], from[2];

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) {
        stop("pipe", strerror(errno));
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    int failed = posix_spawnp(&session->pid, command[0], &actions, NULL, command, environ);
    if (failed != 0) {
        stop(command[0], strerror(failed));
    }
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    session->input = to[1];
    session->output = from[0];
}

static void session_send(struct run *run, struct session *session)
{
    char line[128];
    unsigned product = (unsigned)run_random(run, run->options.products) + 1;
    unsigned store = (unsigned)run_random(run, run->options.stores) + 1;
    int len = run->options.asks
                  ? snprintf(line, sizeof(line), "inventory --product P%04u --store B%02u\n", product, store)
                  : snprintf(line, sizeof(line), "sell P%04u 1 --store B%02u\n", product, store);

    session->sent_micros = now_micros();
    session->waits = true;
    if (write(session->input, line, (size_t)len) != len) {
        stop("sending", strerror(errno));
    }
}

static void run_note(struct run *run, struct session *session, bool ok)
{
    int64_t now = now_micros();
    int64_t took = now - session->sent_micros;

    session->waits = false;
    session->next_micros = now + (int64_t)run->options.pause_ms * 1000;
    if (!ok) {
        run->failures++;
    }
    if (run->is_counting && run->time_count < TIMES_MAX) {
        run->times[run->time_count++] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
    }
}

/* A line of the answer. "N ok …" or "N error …" ends it; before it a question's has rows. */
static void session_take_line(struct run *run, struct session *session, const char *line)
{
    const char *outcome = line + strspn(line, "0123456789");
    bool ok = strncmp(outcome, " ok ", 4) == 0;

    if (run->options.asks && !ok && strncmp(outcome, " error ", 7) != 0) {
        return;
    }
    if (!ok && run->failures == 0) {
        fprintf(stderr, "lockstep: %s\n", line);
    }
    run_note(run, session, ok);
}

/* Take what has come. False at the end. */
static bool session_receive(struct run *run, struct session *session)
{
    ssize_t len = read(session->output, session->answer + session->answer_len,
                       sizeof(session->answer) - 1 - session->answer_len);

    if (len <= 0) {
        return len < 0 && errno == EINTR;
    }
    session->answer_len += (size_t)len;
    session->answer[session->answer_len] = '\0';
    char *line = session->answer;
    for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        session_take_line(run, session, line);
    }
    session->answer_len -= (size_t)(line - session->answer);
    memmove(session->answer, line, session->answer_len);
    if (session->answer_len == sizeof(session->answer) - 1) {
        stop("answer", "is too long");
    }
    return true;
}

/* Milliseconds until a session is due, for poll(); -1 when all wait for answers. */
static int run_send_due(struct run *run)
{
    int64_t now = now_micros();
    int64_t next = INT64_MAX;

    for (unsigned i = 0; i < run->options.sessions; i++) {
        struct session *session = &run->sessions[i];
        if (session->waits) {
            continue;
        }
        if (session->next_micros <= now) {
            session_send(run, session);
        } else if (session->next_micros < next) {
            next = session->next_micros;
        }
    }
    return next == INT64_MAX ? 1000 : (int)((next - now) / 1000 + 1);
}

/* Send and receive once around. */
static void run_turn(struct run *run, int timeout_ms)
{
    int ready = poll(run->polls, run->options.sessions, timeout_ms);

    if (ready < 0 && errno != EINTR) {
        stop("poll", strerror(errno));
    }
    for (unsigned i = 0; ready > 0 && i < run->options.sessions; i++) {
        if (run->polls[i].revents != 0 && !session_receive(run, &run->sessions[i])) {
            stop("a session", "ended early");
        }
    }
}

/* Everyone logged in and answered once: from here on it counts. */
static void run_warm_up(struct run *run)
{
    int64_t deadline = now_micros() + (int64_t)START_MS * 1000;
    unsigned waiting = run->options.sessions;

    for (unsigned i = 0; i < run->options.sessions; i++) {
        session_send(run, &run->sessions[i]);
    }
    while (waiting > 0) {
        run_turn(run, 1000);
        waiting = 0;
        for (unsigned i = 0; i < run->options.sessions; i++) {
            waiting += run->sessions[i].waits;
        }
        if (now_micros() > deadline) {
            stop("warming up", "sessions did not answer in time");
        }
    }
}

static void run_measure(struct run *run, int64_t *ret_micros)
{
    int64_t begin = now_micros();
    int64_t end = begin + (int64_t)run->options.seconds * 1000000;

    run->is_counting = true;
    while (now_micros() < end && !told_to_stop) {
        run_turn(run, run_send_due(run));
    }
    *ret_micros = now_micros() - begin;
    run->is_counting = false;
}

static void run_finish(struct run *run)
{
    for (unsigned i = 0; i < run->options.sessions; i++) {
        close(run->sessions[i].input);
    }
    for (unsigned i = 0; i < run->options.sessions; i++) {
        char rest[ANSWER_MAX];
        int status;
        while (read(run->sessions[i].output, rest, sizeof(rest)) > 0) {
        }
        while (waitpid(run->sessions[i].pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
}

static int compare_times(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static uint32_t run_percentile(const struct run *run, size_t permille)
{
    if (run->time_count == 0) {
        return 0;
    }
    size_t i = run->time_count * permille / 1000;
    return run->times[i < run->time_count ? i : run->time_count - 1];
}

static unsigned parse_number(const char *text, unsigned max)
{
    char *end = NULL;

    errno = 0;
    unsigned long value = text == NULL ? 0 : strtoul(text, &end, 10);
    if (text == NULL || errno != 0 || end == text || *end != '\0' || value > max) {
        stop(text == NULL ? "an option" : text, "needs a number in range");
    }
    return (unsigned)value;
}

static void parse_options(struct options *options, int argc, char **argv)
{
    static const char usage[] =
        "usage: lockstep [--ask] SESSIONS SECONDS PAUSE_MS STORES PRODUCTS COMMAND [ARGUMENT…]\n";

    bool asks = argc > 1 && strcmp(argv[1], "--ask") == 0;
    argc -= asks;
    argv += asks;
    if (argc < 7) {
        fputs(usage, stderr);
        exit(64);
    }
    *options = (struct options){.sessions = parse_number(argv[1], SESSIONS_MAX),
                                .seconds = parse_number(argv[2], 86400),
                                .pause_ms = parse_number(argv[3], 60000),
                                .stores = parse_number(argv[4], 99),
                                .products = parse_number(argv[5], 9999),
                                .asks = asks,
                                .command = argv + 6};
    if (options->sessions == 0 || options->stores == 0 || options->products == 0) {
        stop("options", "there must be sessions, stores and products");
    }
}

int main(int argc, char **argv)
{
    struct run run = {0};
    struct sigaction action = {.sa_handler = note_signal};
    int64_t micros = 0;

    parse_options(&run.options, argc, argv);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    run.sessions = calloc(run.options.sessions, sizeof(*run.sessions));
    run.polls = calloc(run.options.sessions, sizeof(*run.polls));
    run.times = malloc(TIMES_MAX * sizeof(*run.times));
    if (run.sessions == NULL || run.polls == NULL || run.times == NULL) {
        stop("memory", strerror(errno));
    }
    run.seed = (uint64_t)now_micros() | 1;
    for (unsigned i = 0; i < run.options.sessions; i++) {
        session_start(&run.sessions[i], run.options.command);
        run.polls[i] = (struct pollfd){.fd = run.sessions[i].output, .events = POLLIN};
    }
    run_warm_up(&run);
    run_measure(&run, &micros);
    run_finish(&run);
    qsort(run.times, run.time_count, sizeof(*run.times), compare_times);
    printf("lines %zu seconds %" PRId64 ".%06" PRId64 " rate %" PRId64
           " p50_us %u p99_us %u max_us %u failures %zu\n",
           run.time_count, micros / 1000000, micros % 1000000,
           (int64_t)run.time_count * 1000000 / (micros > 0 ? micros : 1), run_percentile(&run, 500),
           run_percentile(&run, 990), run_percentile(&run, 1000), run.failures);
    free(run.sessions);
    free(run.polls);
    free(run.times);
    return run.failures > 0;
}
