#include "hold.h"

#include <signal.h>

int hold(void) {
    // A first process ignores what it does not ask for.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, 0);
    int number;
    return sigwait(&ends, &number) == 0 ? 0 : 1;
}
