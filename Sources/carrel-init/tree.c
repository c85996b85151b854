#define _GNU_SOURCE
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool tree_write(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return written;
}

static bool read_stat(pid_t pid, pid_t *parent, unsigned long long *started) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return false;
    text[n] = 0;
    char *name_end = strrchr(text, ')');  // the name itself may contain anything
    return name_end
        && sscanf(name_end + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                  parent, started) == 2;
}

unsigned long long tree_started(pid_t pid) {
    pid_t parent;
    unsigned long long started = 0;
    return read_stat(pid, &parent, &started) ? started : 0;
}

struct entry {
    pid_t pid, parent;
    bool ours;
};

void tree_signal(int number) {
    DIR *proc = opendir("/proc");
    if (!proc) return;
    struct entry *all = NULL;
    size_t count = 0, room = 0;
    for (struct dirent *file; (file = readdir(proc));) {
        pid_t pid = atoi(file->d_name), parent;
        unsigned long long started;
        if (pid <= 0 || !read_stat(pid, &parent, &started)) continue;
        if (count == room) {
            room = room ? room * 2 : 512;
            struct entry *larger = realloc(all, room * sizeof *all);
            if (!larger) break;
            all = larger;
        }
        all[count++] = (struct entry){pid, parent, parent == getpid()};
    }
    closedir(proc);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            if (all[i].ours) continue;
            for (size_t j = 0; j < count && !all[i].ours; j++) {
                if (all[j].ours && all[j].pid == all[i].parent) all[i].ours = changed = true;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i].ours) kill(all[i].pid, number);
    }
    free(all);
}

void tree_thaw(const struct spec *spec) {
    for (int i = 0; i + 1 < spec->thaw.count; i += 2) tree_write(spec->thaw.items[i], spec->thaw.items[i + 1]);
}

void tree_kill(const struct spec *spec) {
    // Atomic for all that is in the cgroup; who forks faster than we can walk is caught by it.
    if (spec->killer) tree_write(spec->killer, "1");
    tree_signal(SIGKILL);
    // A process frozen by cgroup v1 dies only once it is thawed.
    tree_thaw(spec);
}

long tree_oom_kills(const struct spec *spec) {
    if (!spec->oom) return 0;
    FILE *file = fopen(spec->oom, "re");
    if (!file) return 0;
    char key[64];
    long value, kills = 0;
    while (fscanf(file, "%63s %ld", key, &value) == 2) {
        if (!strcmp(key, "oom_kill")) kills = value;
    }
    fclose(file);
    return kills;
}
