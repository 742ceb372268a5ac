// SPDX-License-Identifier: MIT
//
// Serves the files of EARLY_FILES, an environment variable, by a context that early_library.c made before main().    early_host
#include "early.h"

int main(void) { return early_serve(); }
