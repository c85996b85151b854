#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

// `mount(2)` and `umount2(2)` live in <sys/mount.h>, whose names collide with <linux/mount.h>.
int umount2(const char *target, int flags);
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
enum { UMOUNT_NOFOLLOW_FLAG = 8, MS_BIND_FLAG = 4096, MS_SHARED_FLAG = 1 << 20 };

// One component below `parent`. Intermediate directories that are missing become root's.
static int enter(int parent, const char *name, bool last, uid_t owner) {
    if (mkdirat(parent, name, last ? 0700 : 0711) == 0) {
        if (last && fchownat(parent, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    } else if (errno != EEXIST && errno != EROFS && errno != EACCES && errno != EPERM) {
        return -errno;
    }
    struct stat entry, directory;
    if (fstatat(parent, name, &entry, AT_SYMLINK_NOFOLLOW) < 0 || fstat(parent, &directory) < 0) return -errno;
    bool trusted = entry.st_uid == 0 && directory.st_uid == 0 && !(directory.st_mode & (S_IWGRP | S_IWOTH));
    int follow = S_ISLNK(entry.st_mode) && !last && trusted ? 0 : O_NOFOLLOW;
    int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | follow);
    return fd < 0 ? -errno : fd;
}

int clinux_open_home(const char *path, uid_t owner) {
    if (path[0] != '/') return -EINVAL;
    char *copy = strdup(path), *rest = copy, *name;
    int at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (name = strtok_r(copy, "/", &rest); name && at >= 0;) {
        char *following = strtok_r(NULL, "/", &rest);
        int next = strcmp(name, "..") ? enter(at, name, following == NULL, owner) : -EINVAL;
        close(at);
        at = next;
        name = following;
    }
    free(copy);
    return at;
}

static bool write_map(pid_t pid, const char *name, uid_t stored, uid_t seen) {
    char path[64], map[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int length = snprintf(map, sizeof map, "%u %u 1", stored, seen);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, map, (size_t)length) == length;
    if (fd >= 0) close(fd);
    return written;
}

// A user namespace whose map says that `stored` is seen as `seen`. Its only process does nothing and is gone at once.
static int map_namespace(uid_t stored, uid_t seen, gid_t seen_group) {
    pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child < 0) return -errno;
    if (child == 0) {
        for (;;) syscall(SYS_pause);
    }
    int fd = -EPERM;
    if (write_map(child, "uid_map", stored, seen) && write_map(child, "gid_map", stored, seen_group)) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/user", child);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) fd = -errno;
    }
    kill(child, SIGKILL);
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return fd;
}

int clinux_attach(int home, const char *slot, uid_t stored, uid_t seen, gid_t seen_group) {
    int map = stored == seen && stored == seen_group ? 0 : map_namespace(stored, seen, seen_group);
    if (map < 0) return map;
    int tree = (int)syscall(SYS_open_tree, home, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    int result = tree < 0 ? -errno : 0;
    if (tree >= 0) {
        struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
        if (map > 0) {
            attributes.attr_set |= MOUNT_ATTR_IDMAP;
            attributes.userns_fd = (__u64)map;
        }
        if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0
            || syscall(SYS_move_mount, tree, "", AT_FDCWD, slot, MOVE_MOUNT_F_EMPTY_PATH) < 0) {
            result = -errno;
        }
        close(tree);
    }
    if (map > 0) close(map);
    return result;
}

int clinux_can_attach(const char *path) {
    int map = map_namespace(1, 2, 2);
    if (map < 0) return map;
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_IDMAP, .userns_fd = (__u64)map};
    int result = tree < 0 || syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) < 0
        ? -errno : 0;
    if (tree >= 0) close(tree);
    close(map);
    return result;
}

int clinux_is_mounted(const char *path) {
    struct statx about;
    if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &about) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    return (about.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int clinux_unmount(const char *path) {
    for (int layer = 0; layer < 16; layer++) {
        int mounted = clinux_is_mounted(path);
        if (mounted <= 0) return mounted;
        if (umount2(path, UMOUNT_NOFOLLOW_FLAG) < 0) return -errno;
    }
    return -EBUSY;
}

int clinux_make_shared(const char *path) {
    int mounted = clinux_is_mounted(path);
    if (mounted < 0) return mounted;
    if (!mounted && mount(path, path, NULL, MS_BIND_FLAG, NULL) < 0) return -errno;
    return mount(NULL, path, NULL, MS_SHARED_FLAG, NULL) < 0 ? -errno : 0;
}
