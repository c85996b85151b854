#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/epoll.h>

int clinux_watch_open(void) { return epoll_create1(EPOLL_CLOEXEC); }

int clinux_watch_add(int watch, int file, uint64_t number) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = number};
    return epoll_ctl(watch, EPOLL_CTL_ADD, file, &event) < 0 ? -errno : 0;
}

void clinux_watch_remove(int watch, int file) { epoll_ctl(watch, EPOLL_CTL_DEL, file, NULL); }

int clinux_watch_ready(int watch, uint64_t *numbers, int room) {
    struct epoll_event events[64];
    int count = epoll_wait(watch, events, room < 64 ? room : 64, 0);
    for (int i = 0; i < count; i++) numbers[i] = events[i].data.u64;
    return count;
}
