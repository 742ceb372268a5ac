// SPDX-License-Identifier: MIT
#include "agent/cli/formats/places.h"

#include "agent/symbols/symbols.h"

namespace wsitrace {

void name_places(Doctor &doctor) {
  Symbols symbols(doctor.timeline().modules());
  doctor.name_places(symbols.namer());
}

}  // namespace wsitrace
