#ifndef CARREL_RELAY_H
#define CARREL_RELAY_H

// Carries connections from listening unix sockets to ports of 127.0.0.1, both ways, half-closes included.
// Back-pressure: a direction holds at most one buffer; until it is written on, its source is not read again.
struct relay {
    int epoll;
    int others;  // descriptors of the caller that are watched too
    struct listener *paused;  // listeners that wait for descriptors to become free
};

void relay_open(struct relay *relay);
void relay_listen(struct relay *relay, int fd, int port);
// Watches `fd` for its owner, who finds it as bit 0, 1, … of what `relay_turn` returns.
void relay_watch(struct relay *relay, int fd);
// Waits for something to do and does it.
int relay_turn(struct relay *relay);

#endif
