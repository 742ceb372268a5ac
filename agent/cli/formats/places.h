// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_FORMATS_PLACES_H
#define WSITRACE_CLI_FORMATS_PLACES_H

#include "agent/diagnosis/doctor.h"

namespace wsitrace {

// Names the callbacks of a doctor that has finished, from the files that ran.
void name_places(Doctor &doctor);

}  // namespace wsitrace

#endif
