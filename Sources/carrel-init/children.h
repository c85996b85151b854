#ifndef CARREL_CHILDREN_H
#define CARREL_CHILDREN_H

#include "network.h"
#include "spec.h"

// Binds the spec's unix sockets in the current directory and listens; their descriptors go into `listeners`.
bool children_listen(const struct spec *spec, int *listeners);
// In a child: output to the log, nothing to read, the workspace's cgroups.
void children_prepare(const struct spec *spec, int output);
// Starts the app, in its sandbox if it has one and in `network` unless that is NULL. What it prints goes to `output`;
// `control` is its end of the control socket. -1 with errno.
pid_t children_start_app(const struct spec *spec, int output, int control, const int *listeners,
                         const struct network *network);

#endif
