// SPDX-License-Identifier: MIT
#include "agent/probe/settings.h"

#include <cstddef>
#include <cstring>

#include "agent/lws/versions.h"
#include "agent/probe/probe.h"

namespace wsitrace {
namespace {

// In every supported version.
static_assert(offsetof(lws_context_creation_info, port) == 96 &&
              offsetof(lws_context_creation_info, max_http_header_pool) == 146 &&
              offsetof(lws_context_creation_info, max_http_header_pool2) == 108);

// Of fd_limit_per_thread, by the headers of 4.1.6, 4.3.5, 4.5.8 and 5.0.0; 0: unknown. Behind it the layouts of builds differ.
size_t place_of_limit(const LwsVersion &version) noexcept {
  if (version.major == 4 && version.minor == 1) return 452;
  if (version.major == 4 && version.minor >= 3 && version.minor <= 5) return 460;
  return version.major == 5 && version.minor == 0 ? 476 : 0;
}

// Of count_threads and options before fd_limit_per_thread, in all of them.
constexpr size_t kThreadsBefore = 4, kOptionsBefore = 20;
static_assert(offsetof(lws_context_creation_info, fd_limit_per_thread) ==
                  offsetof(lws_context_creation_info, count_threads) + kThreadsBefore &&
              offsetof(lws_context_creation_info, fd_limit_per_thread) ==
                  offsetof(lws_context_creation_info, options) + kOptionsBefore);

}  // namespace

Settings settings_of(const lws_context_creation_info &info) noexcept {
  Settings settings;
  ContextFacts &facts = settings.facts;
  facts.header_pool = info.max_http_header_pool2 != 0 ? info.max_http_header_pool2 : info.max_http_header_pool;
  const auto version_of = api().lws_get_library_version;
  const size_t place = version_of != nullptr ? place_of_limit(lws_version_of(version_of())) : 0;
  if (place == 0) return settings;
  const char *limit = reinterpret_cast<const char *>(&info) + place;
  std::memcpy(&facts.table_size, limit, sizeof facts.table_size);
  std::memcpy(&settings.options.count_threads, limit - kThreadsBefore, sizeof settings.options.count_threads);
  std::memcpy(&settings.options.options, limit - kOptionsBefore, sizeof settings.options.options);
  settings.options.port = info.port;
  settings.has_options = true;
  return settings;
}

}  // namespace wsitrace
