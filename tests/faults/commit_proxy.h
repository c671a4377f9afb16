/* A proxy before PostgreSQL's socket that loses answers: now and then it cuts the connection at a COMMIT,
 * either before the server heard of it or after the server has answered. For the tests of what happens then.
 * One thread of its own. */
#ifndef STOCKROOM_TESTS_FAULTS_COMMIT_PROXY_H
#define STOCKROOM_TESTS_FAULTS_COMMIT_PROXY_H

struct commit_proxy;

/* Listen in directory (as .s.PGSQL.PORT), forward to the socket at server_path. Of the COMMITs, every one
 * whose number is divisible by every is cut: alternately before and after it takes effect. */
struct commit_proxy *commit_proxy_new(const char *directory, const char *port, const char *server_path,
                                      unsigned every);

/* How many were cut so far, before and after. */
void commit_proxy_count(const struct commit_proxy *proxy, unsigned *ret_before, unsigned *ret_after);

void commit_proxy_free(struct commit_proxy *proxy);

#endif
