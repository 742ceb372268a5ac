// SPDX-License-Identifier: MIT
#include "agent/probe/lws_api.h"

namespace wsitrace {
namespace {

// The number at *TEXT, which is moved behind it and behind one following dot; -1 when there is none.
int take_number(const char *&text) noexcept {
  if (*text < '0' || *text > '9') return -1;
  int number = 0;
  for (; *text >= '0' && *text <= '9' && number < 10000; ++text) number = number * 10 + (*text - '0');
  if (*text == '.') ++text;
  return number;
}

}  // namespace

bool is_checked_version(const char *library_version) noexcept {
  if (library_version == nullptr) return false;
  const int major = take_number(library_version);
  const int minor = take_number(library_version);
  const int patch = take_number(library_version);
  if (major < 0 || minor < 0 || patch < 0) return false;
  if (major == 4) return (minor == 1 && patch >= 6) || (minor >= 2 && minor <= 5);
  return major == 5 && minor == 0;
}

// The layout and the numbers that the probe relies on; the same in every checked version.
static_assert(sizeof(lws_protocols) == 56 && offsetof(lws_protocols, name) == 0 &&
              offsetof(lws_protocols, callback) == 8);
static_assert(offsetof(lws_context_creation_info, protocols) == 8);
static_assert(offsetof(lws_client_connect_info, address) == 8 && offsetof(lws_client_connect_info, port) == 16 &&
              offsetof(lws_client_connect_info, path) == 24 && offsetof(lws_client_connect_info, method) == 80);
static_assert(LWS_CALLBACK_HTTP_BIND_PROTOCOL == 49 && LWS_CALLBACK_WSI_DESTROY == 30 &&
              LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED == 19 && LWS_CALLBACK_CLIENT_HTTP_DROP_PROTOCOL == 76);

}  // namespace wsitrace
