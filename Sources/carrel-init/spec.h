#ifndef CARREL_SPEC_H
#define CARREL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// What the engine asks for, read once from standard input: pairs of NUL-terminated texts, a key and its value.
// It never comes by the command line or the environment, which other processes can read.

enum { LIST_MAX = 512, DATA_MAX = 8, LISTEN_MAX = 17 };

struct list {
    char *items[LIST_MAX + 1];
    int count;
};

struct spec {
    char *bytes;
    size_t length;
    const char *directory;  // where the socket, the log and the exit are kept; nobody but the engine enters it
    const char *cwd;
    uid_t uid;  // 0: stay who we are
    long log_limit;
    long data_limit, process_limit;  // rlimits for machines without cgroups; 0: none
    struct list arguments, environment;
    struct list join;     // files into which a process writes 0 to enter a cgroup
    struct list thaw;     // pairs: file, text that thaws
    const char *killer;   // cgroup.kill
    const char *oom;      // a file with a line "oom_kill N"
    struct list sandbox;  // bwrap and its options; empty: no sandbox. "@data0" stands for a descriptor
    struct list data;
    struct list network;  // slirp4netns and its options; "@target" stands for what it is to connect
    uid_t network_uid;  // whose packets these are, for the firewall; 0: the workspace's own
    struct {
        const char *name;
        int port;
    } listen[LISTEN_MAX];
    int listening;
};

// Reads everything from `fd`. False, with errno set, when it is not a spec.
bool spec_read(int fd, struct spec *spec);
// The same bytes in a memfd, for the part of this program that runs inside the sandbox. -1 on failure.
int spec_copy(const struct spec *spec);

#endif
