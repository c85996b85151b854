#define _GNU_SOURCE
#include "network.h"

#include "children.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool become(uid_t uid) {
    return setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0;
}

static bool raise_loopback(void) {
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
    if (fd >= 0) close(fd);
    return up;
}

static int open_namespace(pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

// Waits for the other side's sign; false if it gave up.
static bool sign(int fd) {
    char byte;
    return read(fd, &byte, 1) == 1;
}

static bool adopt(struct network *network, pid_t child, uid_t uid, int to, int from) {
    char path[64], map[64];
    if (!sign(from)) return false;
    snprintf(map, sizeof map, "0 %u 1", uid);
    snprintf(path, sizeof path, "/proc/%d/uid_map", child);
    if (!tree_write(path, map)) return false;
    snprintf(path, sizeof path, "/proc/%d/gid_map", child);
    if (!tree_write(path, map) || write(to, "", 1) != 1 || !sign(from)) return false;
    network->user = open_namespace(child, "user");
    network->net = open_namespace(child, "net");
    return network->user >= 0 && network->net >= 0;
}

bool network_make(struct network *network, uid_t uid) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0) return false;
    pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        close(to[1]);
        bool made = become(uid) && unshare(CLONE_NEWUSER) == 0 && write(from[1], "", 1) == 1 && sign(to[0])
            && unshare(CLONE_NEWNET) == 0 && raise_loopback() && write(from[1], "", 1) == 1 && sign(to[0]);
        _exit(made ? 0 : 1);
    }
    close(to[0]);
    close(from[1]);
    bool made = adopt(network, child, uid, to[1], from[0]);
    int failure = errno;
    close(to[1]);
    close(from[0]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    errno = made ? 0 : failure ? failure : EPERM;
    return made;
}

// It tells every step it takes, which is no matter of the app's: into a small file of its own, the last start's only.
static void write_apart(void) {
    int file = open(NETWORK_LOG, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    dup2(file, 1);
    dup2(file, 2);
    struct rlimit size = {65536, 65536};
    setrlimit(RLIMIT_FSIZE, &size);
    signal(SIGXFSZ, SIG_IGN);
}

pid_t network_connect(const struct spec *spec, const struct network *network, int output, pid_t first) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    children_prepare(spec, output);
    write_apart();
    char target[40], *arguments[LIST_MAX + 1];
    snprintf(target, sizeof target, "%d", first);
    if (spec->network_uid != 0) {
        int net = dup(network->net);  // one that survives the exec
        snprintf(target, sizeof target, "/proc/self/fd/%d", net);
        if (!become(spec->network_uid) || setns(network->user, CLONE_NEWUSER) < 0) {
            fprintf(stderr, "carrel: cannot prepare the way out: %s\n", strerror(errno));
            _exit(126);
        }
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i <= spec->network.count; i++) {
        char *item = spec->network.items[i];
        arguments[i] = item && !strcmp(item, "@target") ? target : item;
    }
    char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL};
    execve(arguments[0], arguments, environment);
    fprintf(stderr, "carrel: cannot start %s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}
