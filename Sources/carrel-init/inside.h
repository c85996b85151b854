#ifndef CARREL_INSIDE_H
#define CARREL_INSIDE_H

// The sandbox's first program: starts the app as the workspace's user, relays each inherited listener to the app's
// port, and tells `keep` how the app ended. Arguments: the control socket, the spec's descriptor, then the listeners.
int inside(int count, char **arguments);

// What goes over the control socket, one message each.
enum message_kind { STARTED = 1, FAILED = 2, ENDED = 3, TERMINATE = 4 };
struct message {
    int kind;
    int value;  // FAILED: errno; ENDED: the status of waitpid
};

#endif
