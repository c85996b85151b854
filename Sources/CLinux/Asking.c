#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Reads until the end of the output, of the process or of the time. 0, -ETIMEDOUT or -EFBIG.
static int listen_to(int from, int process, char *output, size_t room, size_t *length, long until) {
    for (;;) {
        struct pollfd files[2] = {{from, POLLIN, 0}, {process, POLLIN, 0}};
        long left = until - now_ms();
        if (left <= 0) return -ETIMEDOUT;
        int ready = poll(files, 2, (int)left);
        if (ready < 0 && errno != EINTR) return -errno;
        if (ready <= 0) continue;
        // What it started may keep its output open: once it has ended, there is no more of its own.
        bool ended = files[1].revents != 0;
        for (;;) {
            if (*length == room) return -EFBIG;
            ssize_t n = read(from, output + *length, room - *length);
            if (n > 0) *length += (size_t)n;
            if (n < 0 && errno == EINTR) continue;
            if (n == 0 && !ended) {
                // It closed its output and goes on.
                struct pollfd end = {process, POLLIN, 0};
                left = until - now_ms();
                return left > 0 && poll(&end, 1, (int)left) > 0 ? 0 : -ETIMEDOUT;
            }
            if (n <= 0) break;
        }
        if (ended) return 0;
    }
}

int clinux_ask(char *const arguments[], const void *input, size_t input_length, char *output, size_t room,
               size_t *length, int milliseconds) {
    int to[2], from[2];
    *length = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) < 0) return -errno;
    if (pipe2(from, O_CLOEXEC) < 0) {
        int failure = errno;
        close(to[0]);
        close(to[1]);
        return -failure;
    }
    fcntl(from[0], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, to[1], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    pid_t pid;
    int result = -posix_spawn(&pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[1]);
    close(from[1]);
    if (result == 0) {
        // Smaller than the socket's buffer: it never waits.
        (void)!send(to[0], input, input_length, MSG_NOSIGNAL | MSG_DONTWAIT);
        shutdown(to[0], SHUT_WR);
        int process = clinux_pidfd_open(pid);
        result = process < 0 ? process : listen_to(from[0], process, output, room, length, now_ms() + milliseconds);
        if (process >= 0) close(process);
        if (result < 0) kill(-pid, SIGKILL);
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
        if (result == 0) result = status;
    }
    close(to[0]);
    close(from[0]);
    return result;
}
