// SPDX-License-Identifier: MIT
//
// The versions of libwebsockets that wsitrace was checked against, and where they differ in what matters here.
//
// Who uses it: the probe, which leaves any other version alone; the timeline, which knows what a version frees without a word.
#ifndef WSITRACE_LWS_VERSIONS_H
#define WSITRACE_LWS_VERSIONS_H

#include <compare>

namespace wsitrace {

struct LwsVersion {
  int major = 0, minor = 0, patch = 0;
  constexpr auto operator<=>(const LwsVersion &) const = default;  // NOLINT(modernize-use-nullptr): of the compiler
};

// From the first to the last patch of each line.
struct LwsRange {
  LwsVersion from, below;
};
inline constexpr LwsRange kSupportedLws[] = {{{4, 1, 6}, {4, 6, 0}}, {{5, 0, 0}, {5, 1, 0}}};
#define WSITRACE_SUPPORTED_LWS "4.1.6 to 5.0"

// lws_context_destroy() frees what has no socket, without a callback; before, it never freed that.
inline constexpr LwsVersion kFreesSocketless{4, 4, 0};

// The number at *TEXT, which is moved behind it and behind one following dot; -1 when there is none.
constexpr int take_number(const char *&text) noexcept {
  if (*text < '0' || *text > '9') return -1;
  int number = 0;
  for (; *text >= '0' && *text <= '9' && number < 10000; ++text) number = number * 10 + (*text - '0');
  if (*text == '.') ++text;
  return number;
}

// "4.3.5-unknown", as lws_get_library_version() says it; negative members: not a version.
constexpr LwsVersion lws_version_of(const char *text) noexcept {
  if (text == nullptr) return {-1, -1, -1};
  LwsVersion version;
  version.major = take_number(text);
  version.minor = take_number(text);
  version.patch = take_number(text);
  return version;
}

constexpr bool is_checked_version(const char *library_version) noexcept {
  const LwsVersion version = lws_version_of(library_version);
  if (version.minor < 0 || version.patch < 0) return false;
  for (const LwsRange &range : kSupportedLws)
    if (version >= range.from && version < range.below) return true;
  return false;
}

}  // namespace wsitrace

#endif
