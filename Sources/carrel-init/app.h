#ifndef CARREL_APP_H
#define CARREL_APP_H

#include "spec.h"

// Becomes the workspace's user for good: no groups, no capabilities, no way back. False with errno set.
bool app_drop_privileges(const struct spec *spec);
// Replaces this process with the app: limits, working directory, environment. Returns only on failure, with errno.
void app_execute(const struct spec *spec, bool sandboxed);

#endif
