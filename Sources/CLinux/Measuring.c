#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// One directory on the way down: whose names of directories are still to be visited.
struct level {
    dev_t device;
    ino_t inode;
    char *names;  // each with its NUL, in a row
    size_t length, room, next;
};

struct walk {
    int file;  // the directory that is looked at
    struct level *levels;
    size_t depth, room;
    dev_t device;
    ino_t *linked;  // inodes with several names that were counted: an open hash table
    size_t linked_count, linked_room;
    uint32_t project;
    uint64_t seen;
    const struct clinux_measuring *order;
    struct clinux_measured *found;
};

static bool grow(void **place, size_t *room, size_t needed, size_t size) {
    if (needed <= *room) return true;
    size_t wanted = *room ? *room * 2 : 64;
    while (wanted < needed) wanted *= 2;
    void *bigger = realloc(*place, wanted * size);
    if (!bigger) return false;
    *place = bigger;
    *room = wanted;
    return true;
}

static size_t slot(const ino_t *table, size_t room, ino_t inode) {
    size_t at = (size_t)((uint64_t)inode * 0x9e3779b97f4a7c15u >> 20) & (room - 1);
    while (table[at] && table[at] != inode) at = (at + 1) & (room - 1);
    return at;
}

// Whether the inode was counted under another of its names. 1, 0 or -ENOMEM.
static int counted(struct walk *walk, ino_t inode) {
    if (2 * (walk->linked_count + 1) > walk->linked_room) {
        size_t room = walk->linked_room ? walk->linked_room * 2 : 1024;
        ino_t *table = calloc(room, sizeof *table);
        if (!table) return -ENOMEM;
        for (size_t i = 0; i < walk->linked_room; i++) {
            if (walk->linked[i]) table[slot(table, room, walk->linked[i])] = walk->linked[i];
        }
        free(walk->linked);
        walk->linked = table;
        walk->linked_room = room;
    }
    size_t at = slot(walk->linked, walk->linked_room, inode);
    if (walk->linked[at]) return 1;
    walk->linked[at] = inode;
    walk->linked_count++;
    return 0;
}

// A file that is not ours by its mark becomes so. What can't be opened (links, sockets) has no blocks worth counting.
static void mark(struct walk *walk, int parent, const char *name, const struct stat *expected) {
    int file = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0) return;
    struct stat about;
    uint32_t project;
    bool inherits;
    // Its owner may have put something else there meanwhile.
    if (fstat(file, &about) == 0 && about.st_ino == expected->st_ino && about.st_dev == walk->device
        && S_ISREG(about.st_mode) && clinux_project_get(file, &project, &inherits) == 0 && project != walk->project
        && clinux_project_set(file, walk->project, false) == 0) {
        walk->found->marked++;
    }
    close(file);
}

static int look_at(struct walk *walk, const char *name) {
    struct stat about;
    if (fstatat(walk->file, name, &about, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (about.st_dev != walk->device) return 0;
    if (++walk->seen % 256 == 0) {
        if (!walk->order->go_on(walk->order->context)) return -ECANCELED;
        struct timespec pause = {.tv_nsec = 500000};
        nanosleep(&pause, NULL);
    }
    if (S_ISDIR(about.st_mode)) {
        struct level *level = &walk->levels[walk->depth - 1];
        size_t length = strlen(name) + 1;
        if (!grow((void **)&level->names, &level->room, level->length + length, 1)) return -ENOMEM;
        memcpy(level->names + level->length, name, length);
        level->length += length;
        return 0;
    }
    if (about.st_nlink > 1) {
        int again = counted(walk, about.st_ino);
        if (again != 0) return again < 0 ? again : 0;
    }
    walk->found->bytes += (uint64_t)about.st_blocks * 512;
    walk->found->files++;
    if (walk->project && S_ISREG(about.st_mode)) mark(walk, walk->file, name, &about);
    return 0;
}

// Reads the directory that is open whole, before any of its directories is entered: so one file is open at a time, however
// deep the tree is.
static int read_level(struct walk *walk) {
    struct stat about;
    if (fstat(walk->file, &about) < 0) return -errno;
    if (!grow((void **)&walk->levels, &walk->room, walk->depth + 1, sizeof *walk->levels)) return -ENOMEM;
    walk->levels[walk->depth++] = (struct level){.device = about.st_dev, .inode = about.st_ino};
    walk->found->bytes += (uint64_t)about.st_blocks * 512;
    walk->found->files++;
    uint32_t project;
    bool inherits;
    if (walk->project && clinux_project_get(walk->file, &project, &inherits) == 0
        && (project != walk->project || !inherits) && clinux_project_set(walk->file, walk->project, true) == 0) {
        walk->found->marked++;
    }
    // readdir's place belongs to the open file: one of its own.
    int copy = openat(walk->file, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return errno == EACCES || errno == ENOENT ? 0 : -errno;
    DIR *directory = fdopendir(copy);
    if (!directory) {
        close(copy);
        return -ENOMEM;
    }
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) result = look_at(walk, entry->d_name);
    }
    closedir(directory);
    return result;
}

static int go_down(struct walk *walk, const char *name) {
    int file = openat(walk->file, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    // It was removed or moved meanwhile, or is closed to us.
    if (file < 0) return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES ? 0 : -errno;
    struct stat about;
    if (fstat(file, &about) < 0 || about.st_dev != walk->device) {
        close(file);
        return 0;
    }
    close(walk->file);
    walk->file = file;
    return read_level(walk);
}

// Back to the directory above: the one that we came from, or the tree has changed too much to be counted now.
static int go_up(struct walk *walk) {
    free(walk->levels[--walk->depth].names);
    if (walk->depth == 0) return 0;
    int file = openat(walk->file, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return -errno;
    close(walk->file);
    walk->file = file;
    struct stat about;
    const struct level *level = &walk->levels[walk->depth - 1];
    if (fstat(file, &about) < 0) return -errno;
    return about.st_ino == level->inode && about.st_dev == level->device ? 0 : -ESTALE;
}

static int measure(struct walk *walk) {
    int result = read_level(walk);
    while (result == 0 && walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        if (level->next < level->length) {
            const char *name = level->names + level->next;
            level->next += strlen(name) + 1;
            result = go_down(walk, name);
        } else {
            result = go_up(walk);
        }
    }
    return result;
}

struct errand {
    const char *path;
    const struct clinux_measuring *order;
    struct clinux_measured *found;
    int result;
};

static void *run(void *context) {
    struct errand *errand = context;
    // Of this thread alone, which ends with the walk: behind everybody else, on the disk as well.
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 19);
    struct walk walk = {.project = errand->order->project, .order = errand->order, .found = errand->found};
    walk.file = open(errand->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    if (walk.file < 0 || fstat(walk.file, &about) < 0) {
        errand->result = -errno;
    } else {
        walk.device = about.st_dev;
        errand->result = measure(&walk);
    }
    while (walk.depth > 0) free(walk.levels[--walk.depth].names);
    free(walk.levels);
    free(walk.linked);
    if (walk.file >= 0) close(walk.file);
    return NULL;
}

int clinux_measure(const char *path, const struct clinux_measuring *order, struct clinux_measured *found) {
    *found = (struct clinux_measured){0};
    struct errand errand = {.path = path, .order = order, .found = found};
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, run, &errand);
    if (failed) return -failed;
    pthread_join(thread, NULL);
    return errand.result;
}
