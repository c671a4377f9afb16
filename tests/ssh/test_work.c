/* Tests of server/core/work and turn: full queues, deadlines, closing with jobs inside, owners that take
 * turns, the phases of a turn.
 */
#include <pthread.h>
#include <uv.h>

#include "server/core/turn.h"
#include "server/core/work.h"
#include "tests/unit/unit.h"

enum { JOBS = 100 };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held by a test: a job that runs waits at it */
static unsigned ran, finished, expired_count, closed_count;
static bool closes_when_done;

struct probe_job {
    struct work_job job; /* first */
    struct work_pool *pool;
    unsigned wanted; /* close when so many are finished */
};

static void pool_closed(void *argument)
{
    (void)argument;
    closed_count++;
}

static void run_probe(struct work_job *job, struct db *db, const struct err_info *info)
{
    (void)job;
    (void)info;
    assert_null(db);
    pthread_mutex_lock(&gate);
    ran++;
    pthread_mutex_unlock(&gate);
}

static void probe_done(struct work_job *job, bool expired)
{
    struct probe_job *probe = (struct probe_job *)job;
    finished++;
    expired_count += expired;
    if (closes_when_done && finished == probe->wanted) {
        assert_int_equal(work_pending(probe->pool), 0);
        work_pool_close(probe->pool, pool_closed, NULL);
    }
}

static struct work_pool *new_pool(uv_loop_t *loop, unsigned threads, unsigned queue, unsigned timeout_ms)
{
    struct work_settings settings = {
        .name = "test", .threads = threads, .queue = queue, .timeout_ms = timeout_ms};
    ran = finished = expired_count = closed_count = 0;
    closes_when_done = true;
    assert_int_equal(uv_loop_init(loop), 0);
    struct work_pool *pool = work_pool_new(loop, &settings);
    assert_non_null(pool);
    return pool;
}

static void submit(struct probe_job *probe, struct work_pool *pool, unsigned wanted, enum err expected)
{
    probe->job.run = run_probe;
    probe->job.done = probe_done;
    probe->pool = pool;
    probe->wanted = wanted;
    probe->job.owner = 0;
    assert_int_equal(work_submit(pool, &probe->job), expected);
}

static void end_loop(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(closed_count, 1);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void runs_all(void **state)
{
    static struct probe_job jobs[JOBS];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 3, JOBS, 0);
    (void)state;
    for (unsigned i = 0; i < JOBS; i++) {
        submit(&jobs[i], pool, JOBS, ERR_OK);
    }
    end_loop(&loop);
    assert_int_equal(ran, JOBS);
    assert_int_equal(finished, JOBS);
    assert_int_equal(expired_count, 0);
}

static bool has_waiting_room(struct work_pool *pool, struct probe_job *probe)
{
    probe->job.run = run_probe;
    probe->job.done = probe_done;
    probe->pool = pool;
    return work_submit(pool, &probe->job) == ERR_OK;
}

static void refuses_when_full(void **state)
{
    static struct probe_job jobs[JOBS];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 2, 0);
    unsigned taken = 0;
    (void)state;
    pthread_mutex_lock(&gate); /* the one thread takes one job at most and waits in it */
    while (taken < JOBS && has_waiting_room(pool, &jobs[taken])) {
        taken++;
    }
    assert_true(taken >= 2 && taken <= 3);
    assert_int_equal(work_pending(pool), taken);
    for (unsigned i = 0; i < taken; i++) {
        jobs[i].wanted = taken;
    }
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(ran, taken);
}

/* The only thread is stuck, and yet those behind it are answered in time. */
static void expires_while_stuck(void **state)
{
    static struct probe_job jobs[4];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 10, 20);
    (void)state;
    pthread_mutex_lock(&gate);
    for (unsigned i = 0; i < 4; i++) {
        submit(&jobs[i], pool, 4, ERR_OK);
    }
    while (finished < 3) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(expired_count, finished);
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(finished, 4);
    assert_int_equal(ran, finished - expired_count);
}

static void gives_back_what_waits_when_closed(void **state)
{
    static struct probe_job jobs[10];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 10, 0);
    (void)state;
    closes_when_done = false;
    pthread_mutex_lock(&gate);
    for (unsigned i = 0; i < 10; i++) {
        submit(&jobs[i], pool, 0, ERR_OK);
    }
    work_pool_close(pool, pool_closed, NULL);
    assert_int_equal(finished, 0); /* not from within the call */
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(finished, 10);
    assert_int_equal(ran + expired_count, 10);
    assert_true(expired_count >= 9);
}

/* ------------------------------------------------------------------ owners */

static pthread_mutex_t order_lock = PTHREAD_MUTEX_INITIALIZER;
static struct work_job *order[JOBS];

static void run_in_order(struct work_job *job, struct db *db, const struct err_info *info)
{
    (void)db;
    (void)info;
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&order_lock);
    order[ran++] = job;
    pthread_mutex_unlock(&order_lock);
    pthread_mutex_unlock(&gate);
}

static enum err submit_of(struct probe_job *probe, struct work_pool *pool, uint64_t owner, unsigned wanted)
{
    if (!probe->job.run) {
        probe->job.run = run_in_order;
    }
    probe->job.done = probe_done;
    probe->job.owner = owner;
    probe->pool = pool;
    probe->wanted = wanted;
    return work_submit(pool, &probe->job);
}

static unsigned place_of(const struct probe_job *probe)
{
    for (unsigned i = 0; i < ran; i++) {
        if (order[i] == &probe->job) {
            return i;
        }
    }
    fail();
    return 0;
}

/* However much one has waiting, another's job is next but one. */
static void owners_take_turns(void **state)
{
    static struct probe_job flood[40];
    static struct probe_job others[3];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 1000, 0);
    (void)state;
    pthread_mutex_lock(&gate);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(submit_of(&flood[i], pool, 7, 43), ERR_OK);
    }
    assert_int_equal(submit_of(&others[0], pool, 8, 43), ERR_OK);
    assert_int_equal(submit_of(&others[1], pool, 9, 43), ERR_OK);
    assert_int_equal(submit_of(&others[2], pool, 8, 43), ERR_OK);
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(ran, 43);
    assert_in_range(place_of(&others[0]), 0, 2); /* the thread may have had one, and the flood may be next */
    assert_in_range(place_of(&others[1]), 1, 3);
    assert_in_range(place_of(&others[2]), 2, 6);
    for (unsigned i = 1; i < 40; i++) {
        assert_true(place_of(&flood[i]) > place_of(&flood[i - 1]));
    }
}

static void one_owner_fills_a_quarter_of_the_queue(void **state)
{
    static struct probe_job jobs[JOBS];
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 40, 0);
    unsigned taken = 0;
    (void)state;
    pthread_mutex_lock(&gate);
    while (taken < JOBS && submit_of(&jobs[taken], pool, 7, 0) == ERR_OK) {
        taken++;
    }
    assert_in_range(taken, 10, 11); /* one may run already */
    assert_int_equal(submit_of(&jobs[taken], pool, 8, 0), ERR_OK);
    for (unsigned i = 0; i <= taken; i++) {
        jobs[i].wanted = taken + 1;
    }
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(ran, taken + 1);
}

/* What has run and goes on finds a place in a queue that is full, of its owner's part and as a whole. */
static void who_goes_on_is_always_taken(void **state)
{
    static struct probe_job jobs[JOBS], again;
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 1, 2, 0);
    unsigned taken = 0;
    (void)state;
    pthread_mutex_lock(&gate);
    while (taken < JOBS && submit_of(&jobs[taken], pool, 7 + taken, 0) == ERR_OK) {
        taken++;
    }
    assert_int_equal(submit_of(&again, pool, 7, 0), ERR_BUSY);
    again.job.goes_on = true;
    assert_int_equal(submit_of(&again, pool, 7, 0), ERR_OK);
    for (unsigned i = 0; i < taken; i++) {
        jobs[i].wanted = taken + 1;
    }
    again.wanted = taken + 1;
    pthread_mutex_unlock(&gate);
    end_loop(&loop);
    assert_int_equal(ran, taken + 1);
}

static pthread_mutex_t flood_gate = PTHREAD_MUTEX_INITIALIZER;

static void run_flood(struct work_job *job, struct db *db, const struct err_info *info)
{
    pthread_mutex_lock(&flood_gate);
    run_in_order(job, db, info);
    pthread_mutex_unlock(&flood_gate);
}

/* The flood is stuck in the database, and yet a thread is left for the other one. */
static void one_owner_never_has_all_threads(void **state)
{
    static struct probe_job flood[8];
    static struct probe_job other;
    uv_loop_t loop;
    struct work_pool *pool = new_pool(&loop, 3, 1000, 0);
    (void)state;
    pthread_mutex_lock(&flood_gate);
    for (unsigned i = 0; i < 8; i++) {
        flood[i].job.run = run_flood;
        assert_int_equal(submit_of(&flood[i], pool, 7, 9), ERR_OK);
    }
    assert_int_equal(submit_of(&other, pool, 8, 9), ERR_OK);
    while (finished == 0) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(finished, 1);
    assert_ptr_equal(order[0], &other.job);
    pthread_mutex_unlock(&flood_gate);
    end_loop(&loop);
    assert_int_equal(ran, 9);
}

static void owners_are_names(void **state)
{
    (void)state;
    assert_true(work_owner("ann") == work_owner("ann"));
    assert_true(work_owner("ann") != work_owner("bob"));
    assert_true(work_owner("") != 0);
}

/* ------------------------------------------------------------------ turn */

static struct turn *the_turn;
static char trace[64];
static unsigned rounds;

static void note(char c)
{
    size_t len = strlen(trace);
    assert_true(len + 1 < sizeof trace);
    trace[len] = c;
    trace[len + 1] = '\0';
}

static struct turn_item flush_item, work_item, kept_item;

static void flush_run(struct turn_item *item)
{
    (void)item;
    note('f');
}

static void kept_run(struct turn_item *item)
{
    (void)item;
    note('k');
    turn_close(the_turn);
}

static void work_run(struct turn_item *item)
{
    note('w');
    turn_flush(the_turn, &flush_item);
    turn_flush(the_turn, &flush_item); /* once is enough */
    if (++rounds < 3) {
        turn_work(the_turn, item);
    } else {
        turn_release(the_turn);
    }
}

static void turns(void **state)
{
    static struct turn_item cancelled = {.run = work_run};
    uv_loop_t loop;
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    the_turn = turn_new(&loop);
    work_item.run = work_run;
    flush_item.run = flush_run;
    kept_item.run = kept_run;
    turn_keep(the_turn, &kept_item);
    turn_work(the_turn, &kept_item); /* it waits already: it stays where it is */
    turn_work(the_turn, &work_item);
    turn_work(the_turn, &cancelled);
    turn_cancel(&cancelled);
    turn_cancel(&cancelled);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(trace, "wfwfwfk");
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_all),
        cmocka_unit_test(refuses_when_full),
        cmocka_unit_test(expires_while_stuck),
        cmocka_unit_test(gives_back_what_waits_when_closed),
        cmocka_unit_test(owners_take_turns),
        cmocka_unit_test(one_owner_fills_a_quarter_of_the_queue),
        cmocka_unit_test(who_goes_on_is_always_taken),
        cmocka_unit_test(one_owner_never_has_all_threads),
        cmocka_unit_test(owners_are_names),
        cmocka_unit_test(turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
