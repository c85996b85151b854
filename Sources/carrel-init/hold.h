#pragma once

// Does nothing until it is told to end: the one process of a container that keeps a volume mounted.
int hold(void);
