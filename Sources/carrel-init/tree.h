#ifndef CARREL_TREE_H
#define CARREL_TREE_H

#include "spec.h"

// Clock ticks since boot at which a process began: with its pid, its name for ever. 0 if there is none.
unsigned long long tree_started(pid_t pid);
// Sends `number` to every descendant of this process.
void tree_signal(int number);
// Kills every descendant by whatever is surest here. To be repeated until no child is left.
void tree_kill(const struct spec *spec);
void tree_thaw(const struct spec *spec);
// How often the kernel ended a process of the workspace for want of memory.
long tree_oom_kills(const struct spec *spec);
// Writes a short text into a file that exists; false with errno.
bool tree_write(const char *path, const char *text);

#endif
