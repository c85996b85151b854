/* upstream PORT: the application behind every proxy that is measured. One thread, epoll, answers that are made before.
 *
 * GET …/bytes/N   N bytes, from the page cache        GET anything else   1 KiB with the headers of a usual server
 * POST            reads the body, answers 2 bytes     Upgrade: …          101, then every byte comes back
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD = 16384, ZEROS = 1 << 20, FDS = 65536 };

struct peer {
    char *head;         /* what came of a head that is not whole; given back when nothing is in it */
    size_t have;
    long long incoming; /* of a request's body, still to come */
    long long outgoing; /* of a response's body, still to go */
    int echoes;
    int watches_out;
};

static struct peer peers[FDS];
static char scratch[1 << 18];
static char answer[2048], small_answer[256];
static int answer_length, small_length, zeros, queue;

static void watch(int fd, int out) {
    if (peers[fd].watches_out == out) return;
    peers[fd].watches_out = out;
    struct epoll_event event = {.events = out ? EPOLLOUT : EPOLLIN, .data.fd = fd};
    epoll_ctl(queue, EPOLL_CTL_MOD, fd, &event);
}

static void end(int fd) {
    free(peers[fd].head);
    memset(&peers[fd], 0, sizeof peers[fd]);
    close(fd);
}

/* 0 if the connection is gone. The few bytes of a head always fit into an empty socket buffer. */
static int say(int fd, const char *text, int length, int more) {
    return send(fd, text, length, MSG_NOSIGNAL | (more ? MSG_MORE : 0)) == length;
}

static int pour(int fd) {
    struct peer *peer = &peers[fd];
    while (peer->outgoing > 0) {
        off_t from = 0;
        ssize_t sent = sendfile(fd, zeros, &from, peer->outgoing < ZEROS ? peer->outgoing : ZEROS);
        if (sent < 0 && errno == EAGAIN) { watch(fd, 1); return 1; }
        if (sent <= 0) return 0;
        peer->outgoing -= sent;
    }
    watch(fd, 0);
    return 1;
}

static int serve(int fd, char *head) {
    struct peer *peer = &peers[fd];
    char *line_end = strstr(head, "\r\n"), *bytes = strstr(head, "/bytes/");
    if (strcasestr(head, "\r\nupgrade:")) {
        static const char switching[] =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        peer->echoes = 1;
        return say(fd, switching, sizeof switching - 1, 0);
    }
    if (bytes && bytes < line_end) {
        char text[256];
        peer->outgoing = strtoll(bytes + 7, NULL, 10);
        int length = snprintf(text, sizeof text,
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %lld\r\n\r\n", peer->outgoing);
        return say(fd, text, length, 1) && pour(fd);
    }
    if (strncmp(head, "POST", 4) == 0) return say(fd, small_answer, small_length, 0);
    return say(fd, answer, answer_length, 0);
}

static int echo(int fd) {
    ssize_t got = recv(fd, scratch, sizeof scratch, 0);
    if (got < 0) return errno == EAGAIN;
    for (ssize_t done = 0; done < got;) { /* what is echoed is small: it waits for room */
        ssize_t sent = send(fd, scratch + done, got - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return 0;
        if (sent > 0) done += sent;
    }
    return got > 0;
}

static int take(int fd) {
    struct peer *peer = &peers[fd];
    if (peer->echoes) return echo(fd);
    if (peer->incoming > 0) {
        size_t most = peer->incoming < (1 << 22) ? peer->incoming : (1 << 22);
        ssize_t got = recv(fd, NULL, most, MSG_TRUNC);
        if (got <= 0) return got < 0 && errno == EAGAIN;
        peer->incoming -= got;
        return peer->incoming > 0 || say(fd, small_answer, small_length, 0);
    }
    if (!peer->head) peer->head = malloc(HEAD);
    ssize_t got = recv(fd, peer->head + peer->have, HEAD - 1 - peer->have, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    peer->have += got;
    peer->head[peer->have] = 0;
    char *stop;
    while (peer->have && (stop = strstr(peer->head, "\r\n\r\n"))) {
        size_t used = stop + 4 - peer->head;
        char *length = strcasestr(peer->head, "\r\ncontent-length:");
        long long body = length && length < stop ? strtoll(length + 17, NULL, 10) : 0;
        size_t early = peer->have - used;
        if ((long long)early > body) early = body;
        peer->incoming = body - early;
        if (peer->incoming == 0 && !serve(fd, peer->head)) return 0;
        peer->have -= used + early;
        memmove(peer->head, peer->head + used + early, peer->have + 1);
        if (peer->echoes || peer->incoming) break;
    }
    if (peer->echoes || peer->incoming) {
        free(peer->head);
        peer->head = NULL;
        peer->have = 0;
    }
    return 1;
}

int main(int count, char **words) {
    if (count != 2) return fprintf(stderr, "usage: %s PORT\n", words[0]), 2;
    signal(SIGPIPE, SIG_IGN); /* sendfile(2) has no flag for it */
    char body[1024];
    memset(body, 'x', sizeof body);
    answer_length = snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nServer: upstream\r\nDate: Fri, 01 Jan 2027 00:00:00 GMT\r\nContent-Type: application/json\r\n"
        "Cache-Control: no-cache\r\nEtag: \"0123456789abcdef\"\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Length: %zu\r\n\r\n%.*s", sizeof body, (int)sizeof body, body);
    small_length = snprintf(small_answer, sizeof small_answer,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");
    zeros = memfd_create("zeros", 0);
    if (zeros < 0 || ftruncate(zeros, ZEROS) < 0) return perror("memfd"), 1;

    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0)
        return perror("listen"), 1;
    queue = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(queue, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (fd >= FDS) { close(fd); continue; }
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
                    epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
                }
            } else if (!(events[i].events & EPOLLOUT ? pour(fd) : take(fd))) {
                end(fd);
            }
        }
    }
}
