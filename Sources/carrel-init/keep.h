#ifndef CARREL_KEEP_H
#define CARREL_KEEP_H

// Reads a spec from standard input, leaves for the background, starts the workspace and stays until its last process
// is gone. Says on standard output how the start went, one line: `started PID`, `app SENTENCE` or `engine SENTENCE`.
//
// In the spec's directory it leaves `keeper.json` (who it is, before anything is started) and `exit.json` (how it
// ended, after everything is over). SIGTERM ends the workspace; a queued value is the grace in milliseconds.
int keep(void);

#endif
