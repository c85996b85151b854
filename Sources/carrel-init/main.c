// carrel-init: the parent of one workspace. It outlives carrel, keeps what the app prints and how it ended, and
// ends the whole tree. `keep` runs outside the sandbox, `inside` is the sandbox's first program, `hold` keeps a
// container engine's volume mounted.
#include "app.h"
#include "hold.h"
#include "inside.h"
#include "keep.h"

#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count == 2 && !strcmp(arguments[1], "keep")) return keep();
    if (count >= 4 && !strcmp(arguments[1], "inside")) return inside(count - 2, arguments + 2);
    if (count == 2 && !strcmp(arguments[1], "hold")) return hold();
    fprintf(stderr, "carrel-init is started by carrel, never by hand.\n");
    return 64;
}
