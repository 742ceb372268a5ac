// SPDX-License-Identifier: MIT
#include "agent/cli/formats/diagnosed_log.h"

#include "agent/symbols/symbols.h"

namespace wsitrace {

Expected<ReadLog> DiagnosedLog::read(const std::string &path, uint32_t pid) {
  auto read = read_log(path, log.timeline, pid);
  if (!read && log.timeline.heard_nothing()) return read;
  doctor.finish();
  Symbols symbols(log.timeline.modules());
  doctor.name_places(symbols.namer());
  return read;
}

}  // namespace wsitrace
