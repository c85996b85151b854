#define _GNU_SOURCE
#include "spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool add(struct list *list, char *item) {
    if (list->count >= LIST_MAX) return false;
    list->items[list->count++] = item;
    list->items[list->count] = NULL;
    return true;
}

static bool add_listener(struct spec *spec, char *value) {
    char *space = strrchr(value, ' ');
    if (!space || spec->listening >= LISTEN_MAX) return false;
    *space = 0;
    spec->listen[spec->listening].name = value;
    spec->listen[spec->listening].port = atoi(space + 1);
    spec->listening++;
    return true;
}

static bool take(struct spec *spec, const char *key, char *value) {
    if (!strcmp(key, "arg")) return add(&spec->arguments, value);
    if (!strcmp(key, "env")) return add(&spec->environment, value);
    if (!strcmp(key, "join")) return add(&spec->join, value);
    if (!strcmp(key, "thaw")) return add(&spec->thaw, value);
    if (!strcmp(key, "sandbox")) return add(&spec->sandbox, value);
    if (!strcmp(key, "data")) return spec->data.count < DATA_MAX && add(&spec->data, value);
    if (!strcmp(key, "network")) return add(&spec->network, value);
    if (!strcmp(key, "listen")) return add_listener(spec, value);
    if (!strcmp(key, "directory")) spec->directory = value;
    else if (!strcmp(key, "cwd")) spec->cwd = value;
    else if (!strcmp(key, "kill")) spec->killer = value;
    else if (!strcmp(key, "oom")) spec->oom = value;
    else if (!strcmp(key, "uid")) spec->uid = (uid_t)strtoul(value, NULL, 10);
    else if (!strcmp(key, "network-uid")) spec->network_uid = (uid_t)strtoul(value, NULL, 10);
    else if (!strcmp(key, "log-limit")) spec->log_limit = atol(value);
    else if (!strcmp(key, "data-limit")) spec->data_limit = atol(value);
    else if (!strcmp(key, "process-limit")) spec->process_limit = atol(value);
    else return false;
    return true;
}

// "listen" values are split in place, so the bytes are parsed in a copy of their own.
static bool parse(struct spec *spec) {
    char *copy = malloc(spec->length + 1);
    if (!copy) return false;
    memcpy(copy, spec->bytes, spec->length);
    copy[spec->length] = 0;
    char *at = copy, *end = copy + spec->length;
    while (at < end) {
        char *key = at, *value = key + strlen(key) + 1;
        if (value >= end) break;
        at = value + strlen(value) + 1;
        if (at > end || !take(spec, key, value)) break;
    }
    if (at == end && spec->directory && spec->cwd && spec->arguments.count > 0) return true;
    errno = EINVAL;
    return false;
}

bool spec_read(int fd, struct spec *spec) {
    memset(spec, 0, sizeof *spec);
    spec->log_limit = 1 << 20;
    size_t room = 0;
    for (;;) {
        if (spec->length == room) {
            room = room ? room * 2 : 16384;
            char *larger = realloc(spec->bytes, room);
            if (!larger) return false;
            spec->bytes = larger;
        }
        ssize_t n = read(fd, spec->bytes + spec->length, room - spec->length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) break;
        spec->length += (size_t)n;
    }
    return parse(spec);
}

int spec_copy(const struct spec *spec) {
    int fd = memfd_create("carrel-spec", 0);
    if (fd < 0) return -1;
    if (write(fd, spec->bytes, spec->length) == (ssize_t)spec->length && lseek(fd, 0, SEEK_SET) == 0) return fd;
    close(fd);
    return -1;
}
