#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool log_open(struct log *log, long limit) {
    log->limit = limit;
    log->fd = open("output.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat about;
    log->size = log->fd >= 0 && fstat(log->fd, &about) == 0 ? about.st_size : 0;
    return log->fd >= 0;
}

// A full disk loses lines of the log, never the workspace.
static void put(struct log *log, const char *bytes, size_t length) {
    if (log->size > 0 && log->size + (long)length > log->limit) {
        if (log->fd >= 0) close(log->fd);
        rename("output.log", "output.log.1");
        log_open(log, log->limit);
    }
    while (length > 0 && log->fd >= 0) {
        ssize_t n = write(log->fd, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        log->size += n;
        bytes += n;
        length -= (size_t)n;
    }
}

bool log_drain(struct log *log, int from) {
    static char buffer[65536];
    // Never more than one file may hold.
    size_t room = log->limit > 0 && log->limit < (long)sizeof buffer ? (size_t)log->limit : sizeof buffer;
    // Bounded, so that an app that only prints does not keep us from its end.
    for (int turn = 0; turn < 8; turn++) {
        ssize_t n = read(from, buffer, room);
        if (n == 0) return false;
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        put(log, buffer, (size_t)n);
    }
    return true;
}

void log_say(struct log *log, const char *format, ...) {
    char line[512] = "carrel: ";
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + 8, sizeof line - 10, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    strcat(line, "\n");
    put(log, line, strlen(line));
}
