#ifndef CARREL_LOG_H
#define CARREL_LOG_H

#include <stdbool.h>

// `output.log` in the current directory; beyond `limit` bytes it becomes `output.log.1` and starts anew.
struct log {
    int fd;
    long size, limit;
};

bool log_open(struct log *log, long limit);
// Takes what `from` has, without waiting. False at its end.
bool log_drain(struct log *log, int from);
// A line of our own.
void log_say(struct log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
