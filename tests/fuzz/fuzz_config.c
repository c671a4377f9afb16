/* Fuzzes the reading of stockroom.ini: any file is read or refused with a message that fits its buffer. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "tests/fuzz/fuzz.h"

/* The file that is loaded again and again: never on a disk. */
static int open_file(char *ret_path, size_t size)
{
    int fd = memfd_create("stockroom.ini", MFD_CLOEXEC);

    FUZZ_PROMISE(fd >= 0);
    snprintf(ret_path, size, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_config(const struct config *config)
{
    FUZZ_PROMISE(config->limits.sessions >= 1 && config->limits.sessions <= 100000);
    FUZZ_PROMISE(config->server.listen.count <= CONFIG_LIST_MAX);
    FUZZ_PROMISE(config->server.user != NULL && strlen(config->server.user) <= CONFIG_TEXT_MAX);
    FUZZ_PROMISE(config->limits.atomic_lines <= config->ledger.queue_lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    struct config config;
    char message[256] = "";

    if (fd < 0) {
        fd = open_file(path, sizeof path);
    }
    FUZZ_PROMISE(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    if (config_load(path, &config, message, sizeof message) == ERR_OK) {
        check_config(&config);
        config_done(&config);
    } else {
        FUZZ_PROMISE(strncmp(message, path, strlen(path)) == 0);
    }
    return 0;
}
