// Loaded into the browser: it asks the kernel for news of the machine's network and is told none. Networks come and go
// while containers do, and Chromium gives up every open request then (ERR_NETWORK_CHANGED).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    if (address && length >= sizeof address->sa_family && address->sa_family == AF_NETLINK) {
        errno = EPERM;
        return -1;
    }
    int (*next)(int, const struct sockaddr *, socklen_t) = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
    return next(fd, address, length);
}
