#ifndef CARREL_NETWORK_H
#define CARREL_NETWORK_H

#include "spec.h"

// What the program that carries a workspace's packets said, below the instance's directory.
#define NETWORK_LOG "network.log"

// A network namespace and the user namespace that owns it.
struct network {
    int user, net;
};

// Makes a network namespace with its loopback up, owned by a user namespace in which `uid` is root. So the program
// that connects it needs no right outside it, runs as a user that the firewall knows, and the workspace, which is
// somebody else, has no right over its own network. False with errno.
bool network_make(struct network *network, uid_t uid);
// Starts the program that gives the workspace a way out. `first` is the sandbox's first process. -1 with errno.
pid_t network_connect(const struct spec *spec, const struct network *network, int output, pid_t first);

#endif
