#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

uint64_t clinux_filesystem(const char *path) {
    struct statfs about;
    return statfs(path, &about) < 0 ? 0 : (uint64_t)about.f_type & 0xffffffff;
}

int clinux_watch_directory(const char *path) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (fd < 0) return -errno;
    uint32_t changes = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    if (inotify_add_watch(fd, path, changes) >= 0) return fd;
    int failure = errno;
    close(fd);
    return -failure;
}

// Deeper directories are first moved up to `top`, so that no tree is too deep for us.
enum { DEPTH = 40, WAITS = 500 };
struct removal {
    int top, depth;
    unsigned moved;
    bool again;
};

static int remove_entries(struct removal *removal, int parent, const char *name);

static int remove_entry(struct removal *removal, int directory, const char *name) {
    // Somebody else may take it away meanwhile.
    if (unlinkat(directory, name, 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return -errno;
    if (removal->depth >= DEPTH) {
        char fresh[40];
        do snprintf(fresh, sizeof fresh, ".removed-%u", removal->moved++);
        while (faccessat(removal->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
        removal->again = true;
        return renameat(directory, name, removal->top, fresh) < 0 && errno != ENOENT ? -errno : 0;
    }
    int result = remove_entries(removal, directory, name);
    if (result == 0 && unlinkat(directory, name, AT_REMOVEDIR) < 0) result = -errno;
    return result == -ENOENT ? 0 : result;
}

static int remove_entries(struct removal *removal, int parent, const char *name) {
    // The kernel refuses to enter a mount (EXDEV) or a link (ELOOP), whatever happens meanwhile.
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
    if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0) {
        fd = (int)syscall(SYS_openat2, parent, name, &how, sizeof how);
    }
    if (fd < 0) return -errno;
    if (removal->top < 0) removal->top = fd;
    DIR *directory = fdopendir(fd);
    if (!directory) {
        close(fd);
        return -ENOMEM;
    }
    removal->depth++;
    int result = 0;
    struct dirent *entry;
    while (result == 0 && (entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) result = remove_entry(removal, fd, entry->d_name);
    }
    removal->depth--;
    closedir(directory);
    return result;
}

int clinux_remove_tree(const char *path) {
    int mounted = clinux_is_mounted(path);
    if (mounted != 0) return mounted < 0 ? mounted : -EBUSY;
    const char *slash = strrchr(path, '/');
    if (!slash || !slash[1]) return -EINVAL;
    char parent_path[4096];
    snprintf(parent_path, sizeof parent_path, "%.*s", (int)(slash - path), path);
    int parent = open(parent_path[0] ? parent_path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return errno == ENOENT ? 0 : -errno;
    struct removal removal;
    int result, waits = 0;
    do {
        removal = (struct removal){.top = -1};
        result = remove_entries(&removal, parent, slash + 1);
        if (result == 0 && !removal.again && unlinkat(parent, slash + 1, AT_REMOVEDIR) < 0) result = -errno;
        // What is being killed may still make a file where everything was removed.
        if (result == -ENOTEMPTY && waits++ < WAITS) {
            usleep(2000);
            removal.again = true;
            result = 0;
        }
    } while (result == 0 && removal.again);
    close(parent);
    return result == -ENOENT ? 0 : result;
}
