#ifndef CLINUX_H
#define CLINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Calls of Linux that Swift's Glibc overlay does not offer. Unless said otherwise they return 0 or a descriptor,
// and -errno on failure.

// Runs `arguments` (NULL-terminated, the first is the program's path) with `input` on its standard input, and waits
// until its standard output is closed and it has ended. At most `room` bytes of output are kept, their number in `*length`.
// Standard error goes to standard output if `errors`. Returns the exit status of waitpid.
int clinux_run(char *const arguments[], const void *input, size_t input_length, char *output, size_t room,
               size_t *length, bool errors);

int clinux_pidfd_open(pid_t pid);
// Sends `number` with `value` to be read from the signal's information.
int clinux_pidfd_send(int pidfd, int number, int value);
// 1 once the process has ended, 0 if it still runs after `timeout` milliseconds.
int clinux_pidfd_ended(int pidfd, int timeout);
// Kills every process of `uid`, which must be nobody's but one workspace's.
int clinux_kill_user(uid_t uid);

// On how many cores this process may run, as its affinity says; 0 on failure.
int clinux_usable_cores(void);

// What `statfs` calls the type of a file system; 0 on failure.
uint64_t clinux_filesystem(const char *path);

// Opens a home, making its directories where they are missing (the last one owned by `owner`, mode 0700).
// Symbolic links are followed only where root alone could have made them, the last component's never.
int clinux_open_home(const char *path, uid_t owner);
// Mounts the directory `home` over the directory `slot`, owners `stored` appearing as `seen` (if they differ), without
// set-user-id programs and devices; all of it before it becomes visible anywhere.
int clinux_attach(int home, const char *slot, uid_t stored, uid_t seen);
// 0 if directories of the file system that holds `path` can be mounted with owners mapped, else a negative errno. Tries
// it with a mount that appears nowhere.
int clinux_can_attach(const char *path);
// 1 if something is mounted at `path`.
int clinux_is_mounted(const char *path);
// Unmounts what is mounted at `path`, all layers; never lazily.
int clinux_unmount(const char *path);
// Makes `path` a shared mount of its own, if it is not one yet.
int clinux_make_shared(const char *path);
// Removes a directory with all that is in it. Never follows a link and never crosses a mount: then -EXDEV or -EBUSY.
int clinux_remove_tree(const char *path);

// Descriptors for changes in one directory: everything that happens to its entries.
int clinux_watch_directory(const char *path);

#endif
