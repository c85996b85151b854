#define _GNU_SOURCE
#include "inside.h"

#include "app.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(int control, int kind, int value) {
    struct message message = {kind, value};
    send(control, &message, sizeof message, MSG_NOSIGNAL);
}

static void close_on_exec(int fd) { fcntl(fd, F_SETFD, FD_CLOEXEC); }

// The child's errno if it could not become the app, else 0.
static int start(const struct spec *spec, pid_t *app) {
    int report[2], failure = 0;
    if (pipe2(report, O_CLOEXEC) < 0) return errno;
    *app = fork();
    if (*app < 0) return errno;
    if (*app == 0) {
        app_execute(spec, true);
        failure = errno;
        if (write(report[1], &failure, sizeof failure) < 0) _exit(126);
        _exit(127);
    }
    close(report[1]);
    ssize_t n;
    while ((n = read(report[0], &failure, sizeof failure)) < 0 && errno == EINTR) {}
    close(report[0]);
    return n == sizeof failure ? failure : 0;
}

static void raise_file_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

// Everybody we may reach in this PID namespace, which is the workspace and nobody else; not ourselves.
static void take_orders(int control) {
    struct message message;
    ssize_t n = recv(control, &message, sizeof message, MSG_DONTWAIT);
    if (n == sizeof message && message.kind == TERMINATE) kill(-1, SIGTERM);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        kill(-1, SIGKILL);
        exit(1);
    }
}

static void reap(int control, pid_t app) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != app) continue;
        tell(control, ENDED, status);
        exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
}

int inside(int count, char **arguments) {
    int control = atoi(arguments[0]), spec_fd = atoi(arguments[1]);
    struct spec spec;
    close_on_exec(control);
    if (!spec_read(spec_fd, &spec)) {
        tell(control, FAILED, errno);
        return 1;
    }
    close(spec_fd);
    for (int i = 2; i < count; i++) close_on_exec(atoi(arguments[i]));
    prctl(PR_SET_NAME, "carrel-init");
    if (!app_drop_privileges(&spec)) {
        tell(control, FAILED, errno);
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    signal(SIGTERM, SIG_IGN);  // the app may signal its whole namespace; we go when it goes
    int signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t app = -1;
    int failure = start(&spec, &app);
    if (failure || signals < 0) {
        tell(control, FAILED, failure ? failure : errno);
        return 127;
    }
    tell(control, STARTED, 0);
    raise_file_limit();

    struct relay relay;
    relay_open(&relay);
    for (int i = 0; i < spec.listening && i + 2 < count; i++) {
        relay_listen(&relay, atoi(arguments[i + 2]), spec.listen[i].port);
    }
    relay_watch(&relay, signals);
    relay_watch(&relay, control);
    for (;;) {
        int ready = relay_turn(&relay);
        if (ready & 1) {
            struct signalfd_siginfo signal;
            while (read(signals, &signal, sizeof signal) > 0) {}
            reap(control, app);
        }
        if (ready & 2) take_orders(control);
    }
}
