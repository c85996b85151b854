#define _GNU_SOURCE
#include "children.h"

#include "app.h"
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tree.h"

bool children_listen(const struct spec *spec, int *listeners) {
    mode_t before = umask(0177);
    bool listening = true;
    for (int i = 0; i < spec->listening && listening; i++) {
        // Relative to the directory, so that the length of its path does not count.
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", spec->listen[i].name);
        unlink(address.sun_path);
        listeners[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        listening = listeners[i] >= 0 && bind(listeners[i], (struct sockaddr *)&address, sizeof address) == 0
            && listen(listeners[i], 4096) == 0;
    }
    umask(before);
    return listening;
}

static void inherit(int fd) { fcntl(fd, F_SETFD, 0); }

void children_prepare(const struct spec *spec, int output) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, 0);
    dup2(output, 1);
    dup2(output, 2);
    for (int i = 0; i < spec->join.count; i++) {
        if (!tree_write(spec->join.items[i], "0")) fprintf(stderr, "carrel: cannot join %s\n", spec->join.items[i]);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
}

// A file of the sandbox whose contents the engine made, such as passwd.
static int data_descriptor(const char *text) {
    int fd = memfd_create("carrel-data", 0);
    if (fd >= 0 && (write(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)) return -1;
    return fd;
}

static void execute_sandbox(const struct spec *spec, int control, const int *listeners) {
    enum { NUMBERS = LISTEN_MAX + DATA_MAX + 2 };
    static char numbers[NUMBERS][12];
    char *arguments[LIST_MAX + NUMBERS + 4];
    int count = 0, used = 0;
    for (int i = 0; i < spec->sandbox.count; i++) {
        char *item = spec->sandbox.items[i];
        if (!strncmp(item, "@data", 5)) {
            int index = atoi(item + 5);
            if (index < 0 || index >= spec->data.count || used >= NUMBERS) return;
            snprintf(numbers[used], sizeof numbers[0], "%d", data_descriptor(spec->data.items[index]));
            item = numbers[used++];
        }
        arguments[count++] = item;
    }
    int inherited[LISTEN_MAX + 2] = {control, spec_copy(spec)}, total = 2;
    for (int i = 0; i < spec->listening; i++) inherited[total++] = listeners[i];
    for (int i = 0; i < total && used < NUMBERS; i++) {
        inherit(inherited[i]);
        snprintf(numbers[used], sizeof numbers[0], "%d", inherited[i]);
        arguments[count++] = numbers[used++];
    }
    arguments[count] = NULL;
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL};
    execve(arguments[0], arguments, environment);
}

static void report(int control) {
    struct message message = {FAILED, errno};
    send(control, &message, sizeof message, MSG_NOSIGNAL);
}

pid_t children_start_app(const struct spec *spec, int output, int control, const int *listeners,
                         const struct network *network) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    children_prepare(spec, output);
    if (network && setns(network->net, CLONE_NEWNET) < 0) {
        fprintf(stderr, "carrel: cannot enter the sandbox's network: %s\n", strerror(errno));
        _exit(126);
    }
    if (spec->sandbox.count > 0) {
        execute_sandbox(spec, control, listeners);
        fprintf(stderr, "carrel: cannot start %s: %s\n", spec->sandbox.items[0], strerror(errno));
    } else {
        if (app_drop_privileges(spec)) app_execute(spec, false);
        report(control);
    }
    _exit(127);
}
