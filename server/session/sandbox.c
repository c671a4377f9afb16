/* What a session process may do, once it has what it needs: read, write and wait on the sockets it holds, and
 * little else. Called once, before the first byte of the client is read. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"
#include "server/session/session_internal.h"

static _Noreturn void sandbox_fail(const char *what)
{
    log_error("session.sandbox", "step", what, "error", strerror(errno));
    _exit(70);
}

static void sandbox_limit(__rlimit_resource_t resource, rlim_t limit, const char *what)
{
    struct rlimit value = {.rlim_cur = limit, .rlim_max = limit};

    if (setrlimit(resource, &value) != 0) {
        sandbox_fail(what);
    }
}

/* No descriptor can be made or received beyond those that are open. */
static rlim_t sandbox_highest_fd(const struct session_settings *settings)
{
    int fds[] = {settings->client_fd, settings->core_fd, settings->control_fd, settings->terminal_fd, 2};
    int highest = 0;

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        highest = fds[i] > highest ? fds[i] : highest;
    }
    return (rlim_t)highest + 1;
}

#ifndef STOCKROOM_SANITIZED
static const int sandbox_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(shutdown),
    SCMP_SYS(close),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(getsockopt),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockname),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(tgkill),
    SCMP_SYS(setitimer),
};

static void sandbox_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter == NULL) {
        sandbox_fail("seccomp_init");
    }
    for (size_t i = 0; i < sizeof(sandbox_calls) / sizeof(sandbox_calls[0]); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, sandbox_calls[i], 0) != 0) {
            sandbox_fail("seccomp_rule_add");
        }
    }
    /* Memory, but none that runs. libcrypto asks the C library to make its secrets read-only or locked:
     * refused, not fatal. */
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mlock), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), 0) != 0 ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setsockopt), 0) != 0 ||
        seccomp_load(filter) != 0) {
        sandbox_fail("seccomp_load");
    }
    seccomp_release(filter);
}
#endif

void sandbox_enter(const struct session_settings *settings)
{
    sandbox_limit(RLIMIT_CORE, 0, "RLIMIT_CORE");
    sandbox_limit(RLIMIT_NOFILE, sandbox_highest_fd(settings), "RLIMIT_NOFILE");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        sandbox_fail("prctl");
    }
#ifndef STOCKROOM_SANITIZED
    sandbox_limit(RLIMIT_AS, (rlim_t)settings->config->limits.session_memory_mib * 1024 * 1024, "RLIMIT_AS");
    sandbox_filter();
#endif
}
