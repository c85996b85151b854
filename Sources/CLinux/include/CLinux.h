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

// Runs `arguments` (NULL-terminated, the first is the program's path) with this process' environment and `input` (a few
// KB at most) on its standard input, and waits for its end, for `milliseconds` at most: -ETIMEDOUT then, and -EFBIG if it
// printed `room` bytes or more; in both cases it and what it started in its process group is killed. Standard error is
// dropped. Returns the exit status of waitpid.
int clinux_ask(char *const arguments[], const void *input, size_t input_length, char *output, size_t room,
               size_t *length, int milliseconds);

// Starts `arguments` (NULL-terminated, the first is the program's path) with this process' environment, standard input
// and output, and nothing else of it. Returns its pid, for clinux_wait.
pid_t clinux_start(char *const arguments[]);
// Waits for the end of a child. Returns the exit status of waitpid.
int clinux_wait(pid_t pid);

int clinux_pidfd_open(pid_t pid);
// Sends `number` with `value` to be read from the signal's information.
int clinux_pidfd_send(int pidfd, int number, int value);
// 1 once the process has ended, 0 if it still runs after `timeout` milliseconds.
int clinux_pidfd_ended(int pidfd, int timeout);

// An epoll(7) of files of which each has a number; readable as soon as one of them is. -1 with errno.
int clinux_watch_open(void);
// 0, or a negative errno.
int clinux_watch_add(int watch, int file, uint64_t number);
void clinux_watch_remove(int watch, int file);
// The numbers of at most `room`, and at most 64, files that are readable now; does not wait.
int clinux_watch_ready(int watch, uint64_t *numbers, int room);
// Kills every process of `uid`, which must be nobody's but one workspace's.
int clinux_kill_user(uid_t uid);

// On how many cores this process may run, as its affinity says; 0 on failure.
int clinux_usable_cores(void);

// What `statfs` calls the type of a file system; 0 on failure.
uint64_t clinux_filesystem(const char *path);

// Opens a home, making its directories where they are missing (the last one owned by `owner`, mode 0700).
// Symbolic links are followed only where root alone could have made them, the last component's never.
int clinux_open_home(const char *path, uid_t owner);
// Mounts the directory `home` over the directory `slot`, owner and group `stored` appearing as `seen` and `seen_group` (if
// they differ), without set-user-id programs and devices; all of it before it becomes visible anywhere.
int clinux_attach(int home, const char *slot, uid_t stored, uid_t seen, gid_t seen_group);
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

// Project quotas of the file system that holds an open file.
// 1 where it counts what each project has and refuses more than its limit, 0 where it does not.
int clinux_quota_state(int file);
// Whether the kernel has the call that the others are made with.
bool clinux_has_quota_call(void);
// What a project has and may have, in bytes; a limit of 0: none.
int clinux_quota_get(int file, uint32_t project, int64_t *used, int64_t *limit);
int clinux_quota_set(int file, uint32_t project, int64_t limit);
// The project of an open file or directory, and whether what is made in the directory gets the same.
int clinux_project_get(int file, uint32_t *project, bool *inherits);
int clinux_project_set(int file, uint32_t project, bool inherits);

struct clinux_measuring {
    // Every file and directory gets this project; 0: none is touched.
    uint32_t project;
    // Asked now and then: false ends the walk.
    bool (*go_on)(void *context);
    void *context;
};
struct clinux_measured {
    // On the disk; a file with several names once.
    uint64_t bytes, files;
    // How many had another project.
    uint64_t marked;
};
// Counts a directory with all that lies in it, on a thread of lowest priority that rests now and then. Never follows a
// link, never leaves the file system. -ECANCELED if it was to end, -ESTALE if directories were moved meanwhile.
int clinux_measure(const char *path, const struct clinux_measuring *order, struct clinux_measured *found);

// Descriptors for changes in one directory: everything that happens to its entries.
int clinux_watch_directory(const char *path);

// Sockets that carry whole messages with open files (unix(7), SOCK_SEQPACKET, SCM_RIGHTS).
#define CLINUX_MESSAGE_FILES 64
// Listens at `path`; what lies there is removed.
int clinux_message_listen(const char *path);
// -EAGAIN when nobody came in time.
int clinux_message_accept(int listener, int milliseconds);
int clinux_message_connect(const char *path);
// At most CLINUX_MESSAGE_FILES files go with it.
int clinux_message_send(int socket, const void *bytes, size_t length, const int *files, size_t count);
// One message: its length, and its files in `files`, which has room for CLINUX_MESSAGE_FILES. 0 once the other side is
// gone, -EAGAIN when nothing came in time.
ssize_t clinux_message_receive(int socket, int milliseconds, void *bytes, size_t room, int *files, size_t *count);
// Who is at the other end of a unix socket: who connected, or who called listen.
int clinux_peer(int socket, pid_t *pid, uid_t *uid);
// Lets buffers of up to 1 MiB come from memory that is there already: each would otherwise be mapped, filled with zeros
// page by page, and unmapped again.
void clinux_keep_buffers(void);
// Gives the system back what is free (malloc_trim). Others wait for memory meanwhile: milliseconds after a burst.
void clinux_return_memory(void);

#endif
