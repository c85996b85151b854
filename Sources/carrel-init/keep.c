#define _GNU_SOURCE
#include "keep.h"

#include "children.h"
#include "inside.h"
#include "log.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEFAULT_GRACE = 10000, START_LIMIT = 20000, KILL_EVERY = 20, NETWORK_AGAIN = 1000 };
enum phase { STARTING, RUNNING, STOPPING, KILLING };

struct keeper {
    struct spec spec;
    struct log log;
    enum phase phase;
    struct network net;
    pid_t app, network, inside;
    int signals, output, output_end, control, answer;
    int status;  // of waitpid; -1: not known
    int failure;  // errno of a start that failed
    bool asked, app_gone, output_over;
    long long deadline;       // of the phase, milliseconds of the monotonic clock; 0: none
    long long network_again;  // when to start it again; 0: not
    long long network_pause;
};

static long long now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// Whole or not at all. `lasting`: on the disk before anything follows; what is true only until the machine stops
// needs no such wait.
static bool put_file(const char *name, const char *text, bool lasting) {
    char temporary[64];
    snprintf(temporary, sizeof temporary, "%s.new", name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && (!lasting || fsync(fd) == 0);
    close(fd);
    return written && rename(temporary, name) == 0;
}

static void answer(struct keeper *keeper, const char *format, ...) {
    if (keeper->answer < 0) return;
    va_list arguments;
    va_start(arguments, format);
    vdprintf(keeper->answer, format, arguments);
    va_end(arguments);
    close(keeper->answer);
    keeper->answer = -1;
}

static bool leave_for_background(struct keeper *keeper) {
    pid_t pid = fork();
    if (pid < 0) return false;
    if (pid > 0) _exit(0);
    setsid();
    prctl(PR_SET_NAME, "carrel-init");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    sigset_t watched;
    sigemptyset(&watched);
    int numbers[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
    for (int i = 0; i < 4; i++) sigaddset(&watched, numbers[i]);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    keeper->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    // Standard output is kept apart for the one answer; a stray print must not look like it.
    keeper->answer = fcntl(1, F_DUPFD_CLOEXEC, 3);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; fd < 3; fd++) dup2(nothing, fd);
    return keeper->signals >= 0;
}

static bool begin(struct keeper *keeper) {
    if (chdir(keeper->spec.directory) < 0 || !log_open(&keeper->log, keeper->spec.log_limit)) return false;
    char self[96];
    snprintf(self, sizeof self, "{\"pid\":%d,\"started\":%llu}\n", getpid(), tree_started(getpid()));
    int output[2], control[2], listeners[LISTEN_MAX];
    if (!put_file("keeper.json", self, false) || !children_listen(&keeper->spec, listeners)) return false;
    if (pipe2(output, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) return false;
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    int on = 1;
    setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    keeper->output = output[0];
    keeper->output_end = output[1];
    keeper->control = control[0];
    bool own_network = keeper->spec.network.count > 0 && keeper->spec.network_uid != 0;
    if (own_network && !network_make(&keeper->net, keeper->spec.network_uid)) return false;
    keeper->app = children_start_app(&keeper->spec, output[1], control[1], listeners, own_network ? &keeper->net : NULL);
    if (keeper->app < 0) return false;
    close(control[1]);
    // The way out may be started again and again, and prints into the same log.
    if (keeper->spec.network.count == 0) close(output[1]);
    for (int i = 0; i < keeper->spec.listening; i++) close(listeners[i]);
    keeper->deadline = now(CLOCK_MONOTONIC) + START_LIMIT;
    return true;
}

static void start_network(struct keeper *keeper) {
    keeper->network_again = 0;
    if (keeper->spec.network.count == 0 || keeper->phase != RUNNING || keeper->inside <= 0) return;
    keeper->network = network_connect(&keeper->spec, &keeper->net, keeper->output_end, keeper->inside);
}

static void kill_now(struct keeper *keeper) {
    keeper->phase = KILLING;
    tree_kill(&keeper->spec);
    keeper->deadline = now(CLOCK_MONOTONIC) + KILL_EVERY;
}

static void terminate(struct keeper *keeper, int grace) {
    keeper->asked = true;
    if (keeper->phase >= STOPPING && grace > 0) return;
    if (grace <= 0) {
        kill_now(keeper);
        return;
    }
    keeper->phase = STOPPING;
    keeper->deadline = now(CLOCK_MONOTONIC) + grace;
    struct message message = {TERMINATE, 0};
    if (keeper->spec.sandbox.count == 0) tree_signal(SIGTERM);
    else send(keeper->control, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT);
    tree_thaw(&keeper->spec);
}

static void has_started(struct keeper *keeper) {
    keeper->phase = RUNNING;
    keeper->deadline = 0;
    answer(keeper, "started %d\n", getpid());
    start_network(keeper);
}

static void read_control(struct keeper *keeper) {
    struct message message;
    char space[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec bytes = {&message, sizeof message};
    struct msghdr header = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t n = recvmsg(keeper->control, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n != sizeof message) {
        // Without a sandbox the socket closes when the app's program takes over; with one, when all is over.
        close(keeper->control);
        keeper->control = -1;
        if (keeper->phase == STARTING && keeper->spec.sandbox.count == 0 && !keeper->failure) has_started(keeper);
        return;
    }
    struct cmsghdr *credentials = CMSG_FIRSTHDR(&header);
    if (message.kind == FAILED) keeper->failure = message.value;
    if (message.kind == ENDED) keeper->status = message.value;
    if (message.kind == STARTED && keeper->phase == STARTING) {
        // The kernel translates the sender's pid into our namespace.
        if (credentials && credentials->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(credentials), sizeof who);
            keeper->inside = who.pid;
        }
        has_started(keeper);
    }
}

static void say_network_ended(struct keeper *keeper, int status) {
    char text[257] = "", *last = text;
    int fd = open(NETWORK_LOG, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        struct stat about;
        off_t from = fstat(fd, &about) == 0 && about.st_size > 256 ? about.st_size - 256 : 0;
        ssize_t n = pread(fd, text, sizeof text - 1, from);
        close(fd);
        for (n = n < 0 ? 0 : n; n > 0 && text[n - 1] == '\n'; n--) {}
        text[n] = 0;
        char *newline = strrchr(text, '\n');
        if (newline) last = newline + 1;
    }
    log_say(&keeper->log, "the way out to the network ended (%s %d) and is opened again: %s",
            WIFSIGNALED(status) ? "signal" : "code", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), last);
}

static void reap(struct keeper *keeper) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid == keeper->app) {
            keeper->app_gone = true;
            // What the sandbox said of the app is more exact than how the sandbox's own process ended.
            if (keeper->control >= 0) read_control(keeper);
            if (keeper->status < 0) keeper->status = status;
            if (keeper->phase != KILLING) kill_now(keeper);
        } else if (pid == keeper->network) {
            keeper->network = 0;
            if (keeper->phase == RUNNING && !keeper->app_gone) say_network_ended(keeper, status);
            keeper->network_pause = keeper->network_pause ? keeper->network_pause * 2 : NETWORK_AGAIN;
            if (keeper->network_pause > 60 * NETWORK_AGAIN) keeper->network_pause = 60 * NETWORK_AGAIN;
            keeper->network_again = now(CLOCK_MONOTONIC) + keeper->network_pause;
        }
    }
}

static void read_signals(struct keeper *keeper) {
    struct signalfd_siginfo signal;
    while (read(keeper->signals, &signal, sizeof signal) == sizeof signal) {
        if (signal.ssi_signo == SIGCHLD) reap(keeper);
        else if (signal.ssi_signo != SIGHUP) {
            terminate(keeper, signal.ssi_code == SI_QUEUE ? signal.ssi_int : DEFAULT_GRACE);
        }
    }
}

static void finish(struct keeper *keeper) {
    if (!keeper->output_over) log_drain(&keeper->log, keeper->output);
    char text[256], code[16] = "null", number[16] = "null";
    if (keeper->status >= 0 && WIFEXITED(keeper->status)) {
        snprintf(code, sizeof code, "%d", WEXITSTATUS(keeper->status));
    } else if (keeper->status >= 0) {
        snprintf(code, sizeof code, "%d", 128 + WTERMSIG(keeper->status));
        snprintf(number, sizeof number, "%d", WTERMSIG(keeper->status));
    }
    snprintf(text, sizeof text, "{\"code\":%s,\"signal\":%s,\"asked\":%s,\"oomKills\":%ld,\"at\":%lld}\n", code, number,
             keeper->asked ? "true" : "false", tree_oom_kills(&keeper->spec), now(CLOCK_REALTIME));
    if (keeper->failure) answer(keeper, "app %d\n", keeper->failure);
    else answer(keeper, "engine the sandbox did not start\n");
    if (!put_file("exit.json", text, true)) log_say(&keeper->log, "cannot write down the exit: %s", strerror(errno));
    for (int i = 0; i < keeper->spec.listening; i++) unlink(keeper->spec.listen[i].name);
}

static int wait_time(const struct keeper *keeper) {
    long long next = keeper->deadline;
    if (keeper->network_again && (!next || keeper->network_again < next)) next = keeper->network_again;
    if (!next) return -1;
    long long left = next - now(CLOCK_MONOTONIC);
    return left < 0 ? 0 : (int)left;
}

// True once nothing of the workspace is left.
static bool turn(struct keeper *keeper) {
    struct pollfd files[] = {
        {keeper->signals, POLLIN, 0},
        {keeper->output_over ? -1 : keeper->output, POLLIN, 0},
        {keeper->control, POLLIN, 0},
    };
    poll(files, 3, wait_time(keeper));
    if (files[1].revents && !log_drain(&keeper->log, keeper->output)) keeper->output_over = true;
    if (files[2].revents && keeper->control >= 0) read_control(keeper);
    if (files[0].revents) read_signals(keeper);
    reap(keeper);
    long long time = now(CLOCK_MONOTONIC);
    if (keeper->network_again && time >= keeper->network_again) start_network(keeper);
    if (keeper->deadline && time >= keeper->deadline) kill_now(keeper);
    if (!keeper->app_gone) return false;
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

int keep(void) {
    static struct keeper keeper = {.answer = -1, .control = -1, .status = -1};
    syscall(SYS_close_range, 3, ~0U, 0);
    if (!spec_read(0, &keeper.spec) || !leave_for_background(&keeper)) {
        printf("engine carrel-init could not begin: %s\n", strerror(errno));
        return 1;
    }
    if (!begin(&keeper)) {
        answer(&keeper, "engine carrel-init could not begin: %s\n", strerror(errno));
        return 1;
    }
    while (!turn(&keeper)) {}
    finish(&keeper);
    return 0;
}
