#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

int clinux_message_listen(const char *path) {
    struct sockaddr_un address;
    int fault = address_of(path, &address);
    if (fault) return fault;
    int file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (file < 0) return -errno;
    unlink(path);
    if (bind(file, (struct sockaddr *)&address, sizeof address) < 0 || listen(file, 1) < 0) {
        fault = -errno;
        close(file);
        return fault;
    }
    return file;
}

int clinux_message_accept(int listener, int milliseconds) {
    struct timeval patience = {milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int file = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return file < 0 ? -errno : file;
}

int clinux_message_connect(const char *path) {
    struct sockaddr_un address;
    int fault = address_of(path, &address);
    if (fault) return fault;
    int file = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (file < 0) return -errno;
    if (connect(file, (struct sockaddr *)&address, sizeof address) < 0) {
        fault = -errno;
        close(file);
        return fault;
    }
    return file;
}

int clinux_message_send(int socket, const void *bytes, size_t length, const int *files, size_t count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(CLINUX_MESSAGE_FILES * sizeof(int))];
    } control;
    if (count > CLINUX_MESSAGE_FILES) return -EINVAL;
    struct iovec part = {(void *)bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), files, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t clinux_message_receive(int socket, int milliseconds, void *bytes, size_t room, int *files, size_t *count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(CLINUX_MESSAGE_FILES * sizeof(int))];
    } control;
    struct timeval patience = {milliseconds / 1000, milliseconds % 1000 * 1000};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct iovec part = {bytes, room};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room,
    };
    *count = 0;
    ssize_t length;
    while ((length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    if (length < 0) return -errno;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t got = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(files + *count, CMSG_DATA(header), got * sizeof(int));
        *count += got;
    }
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        while (*count > 0) close(files[--*count]);
        return -EMSGSIZE;
    }
    return length;
}

int clinux_peer(int socket, pid_t *pid, uid_t *uid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    *pid = peer.pid;
    *uid = peer.uid;
    return 0;
}
