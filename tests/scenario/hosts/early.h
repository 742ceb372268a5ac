// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TESTS_EARLY_H
#define WSITRACE_TESTS_EARLY_H

// Serves until SIGINT what was made before main(), and returns the status for the program to end with.
__attribute__((visibility("default"))) int early_serve(void);

#endif
