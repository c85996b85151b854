#define _GNU_SOURCE
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 65536, TURNS = 4, BATCH = 128 };

enum kind { LISTENER, SIDE, OTHER };

struct listener {
    enum kind kind;
    int fd, port;
    struct listener *next;
};

struct other {
    enum kind kind;
    int bit;
};

// One end of a connection. `pending` waits to be written to this end; its bytes were read from the other.
struct side {
    enum kind kind;
    int fd;
    uint32_t interest;
    bool watched, ended, told;  // ended: it sends no more. told: it knows that the other sends no more.
    char *pending;
    size_t at, length;
    struct connection *of;
};

struct connection {
    struct side client, app;
    bool connected, dead;
    struct connection *next;  // in the list of the dead, freed after the turn: events may still name them
};

static char scratch[CHUNK];
static struct connection *graveyard;

static struct side *peer(struct side *side) {
    return side == &side->of->client ? &side->of->app : &side->of->client;
}

static void bury(struct connection *connection, bool abort) {
    if (connection->dead) return;
    connection->dead = true;
    struct linger at_once = {1, 0};
    if (abort) setsockopt(connection->app.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection->client.fd);
    close(connection->app.fd);
    connection->next = graveyard;
    graveyard = connection;
}

static void clear_graveyard(struct relay *relay) {
    if (!graveyard) return;
    while (graveyard) {
        struct connection *gone = graveyard;
        graveyard = gone->next;
        free(gone->client.pending);
        free(gone->app.pending);
        free(gone);
    }
    while (relay->paused) {
        struct listener *listener = relay->paused;
        relay->paused = listener->next;
        struct epoll_event event = {EPOLLIN, {.ptr = listener}};
        epoll_ctl(relay->epoll, EPOLL_CTL_MOD, listener->fd, &event);
    }
}

// Asks for exactly what can be used. A side with nothing to ask is taken out of the set: a hang-up is reported
// whether asked for or not, and would keep us spinning.
static void watch(struct relay *relay, struct side *side) {
    struct side *other = peer(side);
    uint32_t interest = 0;
    if (!side->ended && side->of->connected && !other->pending) interest |= EPOLLIN | EPOLLRDHUP;
    if (side->pending || (side == &side->of->app && !side->of->connected)) interest |= EPOLLOUT;
    if (interest == side->interest) return;
    struct epoll_event event = {interest, {.ptr = side}};
    int operation = interest == 0 ? EPOLL_CTL_DEL : side->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_ctl(relay->epoll, operation, side->fd, &event);
    side->watched = interest != 0;
    side->interest = interest;
}

static void settle(struct relay *relay, struct connection *connection) {
    if (connection->dead) return;
    struct side *sides[2] = {&connection->client, &connection->app};
    for (int i = 0; i < 2; i++) {
        struct side *side = sides[i];
        if (peer(side)->ended && !side->pending && !side->told && connection->connected) {
            side->told = true;
            shutdown(side->fd, SHUT_WR);
        }
    }
    if (connection->client.told && connection->app.told) {
        bury(connection, false);
        return;
    }
    watch(relay, &connection->client);
    watch(relay, &connection->app);
}

static bool keep_rest(struct side *side, const char *bytes, size_t length) {
    side->pending = malloc(length);
    if (!side->pending) return false;
    memcpy(side->pending, bytes, length);
    side->at = 0;
    side->length = length;
    return true;
}

static void read_from(struct side *side) {
    struct side *to = peer(side);
    for (int turn = 0; turn < TURNS && !side->ended && !to->pending; turn++) {
        ssize_t n = recv(side->fd, scratch, CHUNK, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n < 0) {
            bury(side->of, true);
            return;
        }
        if (n == 0) {
            side->ended = true;
            return;
        }
        ssize_t sent = send(to->fd, scratch, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) sent = 0;
        if (sent < 0 || (sent < n && !keep_rest(to, scratch + sent, (size_t)(n - sent)))) {
            bury(side->of, true);
            return;
        }
        if (n < CHUNK) return;
    }
}

static void write_to(struct side *side) {
    ssize_t n = send(side->fd, side->pending + side->at, side->length - side->at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) {
        bury(side->of, true);
        return;
    }
    side->at += (size_t)n;
    if (side->at < side->length) return;
    free(side->pending);
    side->pending = NULL;
}

static void finish_connecting(struct connection *connection) {
    int failure = 0;
    socklen_t size = sizeof failure;
    getsockopt(connection->app.fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure) bury(connection, false);
    else connection->connected = true;
}

static void act(struct relay *relay, struct side *side, uint32_t events) {
    struct connection *connection = side->of;
    if (connection->dead) return;
    if (!connection->connected) finish_connecting(connection);
    if (!connection->dead && (events & EPOLLOUT) && side->pending) write_to(side);
    if (!connection->dead && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) && (side->interest & EPOLLIN)) {
        read_from(side);
    }
    // A client that closed outright (not just its sending half) can be told nothing any more: once its bytes are
    // delivered, the app is told the same way as by a direct connection.
    if (!connection->dead && (events & EPOLLHUP) && side->ended && !peer(side)->pending) bury(connection, false);
    settle(relay, connection);
}

static void connect_to(struct relay *relay, int client, int port) {
    int app = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct connection *connection = app < 0 ? NULL : calloc(1, sizeof *connection);
    if (!connection) {
        close(client);
        if (app >= 0) close(app);
        return;
    }
    int on = 1;
    setsockopt(app, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->client = (struct side){.kind = SIDE, .fd = client, .of = connection};
    connection->app = (struct side){.kind = SIDE, .fd = app, .of = connection};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(app, (struct sockaddr *)&address, sizeof address) == 0) connection->connected = true;
    else if (errno != EINPROGRESS) bury(connection, false);
    settle(relay, connection);
}

static void accept_from(struct relay *relay, struct listener *listener) {
    for (int turn = 0; turn < 64; turn++) {
        int client = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            connect_to(relay, client, listener->port);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            // Who waits stays in the backlog until a connection ends.
            struct epoll_event event = {0, {.ptr = listener}};
            epoll_ctl(relay->epoll, EPOLL_CTL_MOD, listener->fd, &event);
            listener->next = relay->paused;
            relay->paused = listener;
        }
        if (errno != ECONNABORTED && errno != EINTR) return;
    }
}

void relay_open(struct relay *relay) {
    memset(relay, 0, sizeof *relay);
    relay->epoll = epoll_create1(EPOLL_CLOEXEC);
}

void relay_listen(struct relay *relay, int fd, int port) {
    struct listener *listener = calloc(1, sizeof *listener);
    if (!listener) return;
    *listener = (struct listener){.kind = LISTENER, .fd = fd, .port = port};
    struct epoll_event event = {EPOLLIN, {.ptr = listener}};
    epoll_ctl(relay->epoll, EPOLL_CTL_ADD, fd, &event);
}

void relay_watch(struct relay *relay, int fd) {
    struct other *other = calloc(1, sizeof *other);
    if (!other) return;
    *other = (struct other){OTHER, 1 << relay->others++};
    struct epoll_event event = {EPOLLIN, {.ptr = other}};
    epoll_ctl(relay->epoll, EPOLL_CTL_ADD, fd, &event);
}

int relay_turn(struct relay *relay) {
    struct epoll_event events[BATCH];
    int others = 0, count = epoll_wait(relay->epoll, events, BATCH, -1);
    for (int i = 0; i < count; i++) {
        switch (*(enum kind *)events[i].data.ptr) {
            case LISTENER: accept_from(relay, events[i].data.ptr); break;
            case SIDE: act(relay, events[i].data.ptr, events[i].events); break;
            case OTHER: others |= ((struct other *)events[i].data.ptr)->bit; break;
        }
    }
    clear_graveyard(relay);
    return others;
}
