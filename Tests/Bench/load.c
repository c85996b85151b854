/* Sends requests to a proxy, or to the upstream itself, and prints one line of JSON. One thread, epoll.
 *
 * load requests PORT CONNECTIONS SECONDS RATE BODY FILE   FILE: the request's head. RATE: per second over all
 *                                                         connections, 0: as fast as answers come. BODY: bytes to send.
 * load tunnels  PORT COUNT TRAFFIC FILE                   opens them, prints "open"; at a line of input sends TRAFFIC
 *                                                         bytes through each, waits until they are back, prints
 *                                                         "used"; holds them until its input ends.
 * With a rate, latency counts from when a request was due: waiting for a free connection is part of it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ZEROS = 1 << 20, MOST = 1 << 24 };

struct line {
    int fd;
    int busy;
    int watches_out;
    int64_t due;         /* when its request was due, ns */
    long long to_send;   /* of the request's body */
    long long to_come;   /* of the response's body; -1: its head is awaited */
    size_t have;
    char head[4096];
};

static struct sockaddr_in address = {.sin_family = AF_INET};
static char request[65536];
static size_t request_length;
static long long body, answers, failures, received, sent_bytes;
static int queue, zeros;
static uint32_t *latencies; /* in 100 ns */
static size_t measured;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) { perror(what); exit(1); }

static int dial(int blocking) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!blocking) fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void watch(struct line *line, int out) {
    if (line->watches_out == out) return;
    line->watches_out = out;
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = line};
    epoll_ctl(queue, EPOLL_CTL_MOD, line->fd, &event);
}

static void open_line(struct line *line) {
    memset(line, 0, offsetof(struct line, head));
    line->fd = dial(0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = line};
    epoll_ctl(queue, EPOLL_CTL_ADD, line->fd, &event);
}

static void reopen(struct line *line) {
    failures++;
    close(line->fd);
    open_line(line);
}

static void push(struct line *line) {
    while (line->to_send > 0) {
        off_t from = 0;
        ssize_t sent = sendfile(line->fd, zeros, &from, line->to_send < ZEROS ? line->to_send : ZEROS);
        if (sent < 0 && errno == EAGAIN) { watch(line, 1); return; }
        if (sent <= 0) { reopen(line); return; }
        line->to_send -= sent;
        sent_bytes += sent;
    }
    watch(line, 0);
}

static void ask(struct line *line, int64_t due) {
    line->busy = 1;
    line->due = due;
    line->to_come = -1;
    line->have = 0;
    line->to_send = body;
    if (send(line->fd, request, request_length, MSG_NOSIGNAL | (body ? MSG_MORE : 0)) != (ssize_t)request_length) {
        reopen(line);
        return;
    }
    if (body) push(line);
}

/* 1: the response is whole. */
static int take(struct line *line) {
    if (line->to_come > 0) {
        ssize_t got = recv(line->fd, NULL, line->to_come < (1 << 22) ? line->to_come : (1 << 22), MSG_TRUNC);
        if (got < 0 && errno == EAGAIN) return 0;
        if (got <= 0) { reopen(line); return 0; }
        received += got;
        return (line->to_come -= got) == 0;
    }
    ssize_t got = recv(line->fd, line->head + line->have, sizeof line->head - 1 - line->have, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0 || !line->busy) { reopen(line); return 0; }
    line->have += got;
    line->head[line->have] = 0;
    char *stop = strstr(line->head, "\r\n\r\n");
    if (!stop) return 0;
    char *length = strcasestr(line->head, "\r\ncontent-length:");
    if (strncmp(line->head + 9, "200", 3) || !length || length > stop) {
        fprintf(stderr, "unexpected answer: %.400s\n", line->head);
        exit(1);
    }
    size_t early = line->have - (stop + 4 - line->head);
    received += early;
    line->to_come = strtoll(length + 17, NULL, 10) - early;
    return line->to_come == 0;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double microseconds(double part) {
    return measured ? latencies[(size_t)(part * (measured - 1))] / 10.0 : 0;
}

static int run_requests(int connections, double seconds, double rate) {
    struct line *lines = calloc(connections, sizeof *lines);
    struct line **idle = calloc(connections, sizeof *idle);
    int free_lines = 0;
    for (int i = 0; i < connections; i++) open_line(&lines[i]);
    int64_t began = now(), stop = began + (int64_t)(seconds * 1e9), gap = rate > 0 ? (int64_t)(1e9 / rate) : 0;
    int64_t due = began;
    for (int i = connections - 1; i >= 0; i--)
        if (gap) idle[free_lines++] = &lines[i]; else ask(&lines[i], now());
    struct epoll_event events[256];
    int64_t time;
    while ((time = now()) < stop) {
        while (gap && free_lines && due <= time) {
            ask(idle[--free_lines], due);
            due += gap;
        }
        int64_t wait = (gap && free_lines && due < stop ? due : stop) - now();
        if (wait < 0) wait = 0;
        struct timespec limit = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};
        int ready = epoll_pwait2(queue, events, 256, &limit, NULL);
        for (int i = 0; i < ready; i++) {
            struct line *line = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) push(line);
            if (!(events[i].events & ~EPOLLOUT) || !take(line)) continue;
            answers++;
            line->busy = 0;
            int64_t then = now();
            if (measured < MOST) latencies[measured++] = (then - line->due) / 100;
            if (gap) idle[free_lines++] = line; else ask(line, then);
        }
    }
    double took = (now() - began) / 1e9;
    qsort(latencies, measured, sizeof *latencies, by_size);
    printf("{\"requests\": %lld, \"failures\": %lld, \"seconds\": %.4f, \"received\": %lld, \"sent\": %lld, "
           "\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}\n", answers, failures, took, received, sent_bytes,
           microseconds(0.5), microseconds(0.99), microseconds(1));
    return 0;
}

static void read_all(int fd, long long count) {
    static char buffer[65536];
    while (count > 0) {
        ssize_t got = recv(fd, buffer, count < (long long)sizeof buffer ? count : (long long)sizeof buffer, 0);
        if (got <= 0) fail("tunnel");
        count -= got;
    }
}

static int run_tunnels(int count, long long traffic) {
    static char buffer[65536];
    int *tunnels = calloc(count, sizeof *tunnels);
    for (int i = 0; i < count; i++) {
        tunnels[i] = dial(1);
        if (send(tunnels[i], request, request_length, MSG_NOSIGNAL) < 0) fail("upgrade");
        size_t have = 0;
        char head[4096];
        while (have < 4 || memcmp(head + have - 4, "\r\n\r\n", 4)) {
            if (have == sizeof head || recv(tunnels[i], head + have, 1, 0) != 1) fail("upgrade");
            have++;
        }
        if (strncmp(head + 9, "101", 3)) { fprintf(stderr, "no tunnel: %.*s\n", (int)have, head); return 1; }
    }
    printf("open\n");
    fflush(stdout);
    if (read(0, buffer, sizeof buffer) <= 0) return 0;
    /* A binary frame, masked with zeros as a client's must be: what comes back is the same bytes. */
    unsigned char frame[14] = {0x82, 0xff};
    for (int i = 0; i < 8; i++) frame[2 + i] = (uint64_t)traffic >> (56 - 8 * i);
    memset(buffer, 0, sizeof buffer);
    for (int i = 0; i < count; i++) {
        if (send(tunnels[i], frame, sizeof frame, MSG_NOSIGNAL) != sizeof frame) fail("tunnel");
        read_all(tunnels[i], sizeof frame);
        for (long long left = traffic; left > 0;) {
            long long part = left < 16384 ? left : 16384;
            if (send(tunnels[i], buffer, part, MSG_NOSIGNAL) != part) fail("tunnel");
            read_all(tunnels[i], part);
            left -= part;
        }
    }
    printf("used\n");
    fflush(stdout);
    while (read(0, buffer, sizeof buffer) > 0) {}
    return 0;
}

static void load_request(const char *file) {
    int fd = open(file, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, request, sizeof request);
    if (length <= 0) fail(file);
    request_length = length;
}

int main(int count, char **words) {
    if (count < 6) return fprintf(stderr, "usage: see the top of load.c\n"), 2;
    signal(SIGPIPE, SIG_IGN); /* sendfile(2) has no flag for it */
    address.sin_port = htons(atoi(words[2]));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    queue = epoll_create1(0);
    zeros = memfd_create("zeros", 0);
    if (zeros < 0 || ftruncate(zeros, ZEROS) < 0) fail("memfd");
    if (!strcmp(words[1], "tunnels")) {
        load_request(words[5]);
        return run_tunnels(atoi(words[3]), atoll(words[4]));
    }
    if (count != 8) return fprintf(stderr, "usage: see the top of load.c\n"), 2;
    body = atoll(words[6]);
    load_request(words[7]);
    latencies = mmap(NULL, MOST * sizeof *latencies, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return run_requests(atoi(words[3]), atof(words[4]), atof(words[5]));
}
