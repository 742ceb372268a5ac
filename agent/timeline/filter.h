// SPDX-License-Identifier: MIT
#ifndef WSITRACE_TIMELINE_FILTER_H
#define WSITRACE_TIMELINE_FILTER_H

#include <optional>
#include <string>

#include "agent/timeline/connection.h"

namespace wsitrace {

// Which connections a reader wants to see; an unset member asks for nothing.
struct Filter {
  std::optional<ConnectionClass> cls;
  std::optional<std::string> vhost;
  std::optional<State> state;
  std::optional<uint64_t> id;
  bool open_only = false;

  [[nodiscard]] bool matches(const Connection &connection) const;
};

// The value that name_of() calls NAME.
std::optional<ConnectionClass> class_named(std::string_view name);
std::optional<State> state_named(std::string_view name);

}  // namespace wsitrace

#endif
