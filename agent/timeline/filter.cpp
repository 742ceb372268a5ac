// SPDX-License-Identifier: MIT
#include "agent/timeline/filter.h"

namespace wsitrace {
namespace {

template <typename Enum>
std::optional<Enum> named(std::string_view name, Enum last) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name == name_of(static_cast<Enum>(i))) return static_cast<Enum>(i);
  return std::nullopt;
}

}  // namespace

bool Filter::matches(const Connection &connection) const {
  if (cls && *cls != connection.cls) return false;
  if (vhost && *vhost != connection.vhost) return false;
  if (state && *state != connection.state) return false;
  if (id && *id != connection.id) return false;
  return !open_only || connection.state != State::kClosed;
}

std::optional<ConnectionClass> class_named(std::string_view name) { return named(name, ConnectionClass::kInternal); }
std::optional<State> state_named(std::string_view name) { return named(name, State::kClosed); }

}  // namespace wsitrace
