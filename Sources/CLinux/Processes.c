#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Feeds and reads at once, so that neither side can block the other.
static void exchange(int to, const char *input, size_t left, int from, char *output, size_t room, size_t *length) {
    char rest[4096];
    bool reading = true;
    if (left == 0) shutdown(to, SHUT_WR);
    while (reading) {
        struct pollfd files[2] = {{left > 0 ? to : -1, POLLOUT, 0}, {from, POLLIN, 0}};
        if (poll(files, 2, -1) < 0 && errno != EINTR) return;
        if (files[0].revents) {
            ssize_t n = send(to, input, left, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN && errno != EINTR) left = 0;
            if (n > 0) {
                input += n;
                left -= (size_t)n;
            }
            if (left == 0) shutdown(to, SHUT_WR);
        }
        if (files[1].revents) {
            bool full = *length >= room;
            ssize_t n = read(from, full ? rest : output + *length, full ? sizeof rest : room - *length);
            if (n == 0 || (n < 0 && errno != EINTR)) reading = false;
            if (n > 0 && !full) *length += (size_t)n;
        }
    }
}

int clinux_run(char *const arguments[], const void *input, size_t input_length, char *output, size_t room,
               size_t *length, bool errors) {
    int to[2], from[2];
    *length = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, to) < 0) return -errno;
    if (pipe2(from, O_CLOEXEC) < 0) {
        int failure = errno;
        close(to[0]);
        close(to[1]);
        return -failure;
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, to[1], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    if (errors) posix_spawn_file_actions_adddup2(&actions, from[1], 2);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL};
    pid_t pid;
    int failure = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[1]);
    close(from[1]);
    int status = 0;
    if (!failure) {
        exchange(to[0], input, input_length, from[0], output, room, length);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    }
    close(to[0]);
    close(from[0]);
    return failure ? -failure : status;
}

int clinux_pidfd_open(pid_t pid) {
    long fd = syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return -errno;
    fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    return (int)fd;
}

int clinux_pidfd_send(int pidfd, int number, int value) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    information.si_signo = number;
    information.si_code = SI_QUEUE;
    information.si_pid = getpid();
    information.si_uid = getuid();
    information.si_value.sival_int = value;
    return syscall(SYS_pidfd_send_signal, pidfd, number, &information, 0) < 0 ? -errno : 0;
}

int clinux_pidfd_ended(int pidfd, int timeout) {
    struct pollfd file = {pidfd, POLLIN, 0};
    int ready = poll(&file, 1, timeout);
    return ready < 0 ? -errno : ready;
}

int clinux_kill_user(uid_t uid) {
    if (uid == 0) return -EINVAL;
    // As that user, everybody that it may signal is exactly its own. By raw calls: glibc would change all threads.
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return -errno;
    if (child == 0) {
        if (syscall(SYS_setresuid, uid, uid, uid) == 0) syscall(SYS_kill, -1, SIGKILL);
        syscall(SYS_exit_group, 0);
    }
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return 0;
}

pid_t clinux_start(char *const arguments[]) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    pid_t pid;
    int failure = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failure ? -failure : pid;
}

int clinux_wait(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -errno;
    }
    return status;
}

int clinux_usable_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}
