// SPDX-License-Identifier: MIT
//
// How a site is served by a server of our own, as the user wrote it: `run --serve`, `agent --listen`.
//
// Whoever can reach it may see what it shows, so an address that is not this machine's own asks for a token, or for TLS with client
// certificates.
#ifndef WSITRACE_SERVE_SERVE_OPTIONS_H
#define WSITRACE_SERVE_SERVE_OPTIONS_H

#include <string>

#include "agent/base/expected.h"
#include "agent/serve/access.h"
#include "agent/serve/listen_address.h"

namespace wsitrace {

struct ServeOptions {
  std::string listen;      // HOST:PORT
  std::string token_file;  // files; empty: none
  std::string tls_cert, tls_key, tls_client_ca;
  bool no_page = false;
  bool metrics_only = false;

  [[nodiscard]] bool has_tls() const { return !tls_cert.empty(); }
  [[nodiscard]] bool wants_client_certificates() const { return !tls_client_ca.empty(); }
};

// ServeOptions, checked; files were there and could be read.
struct ServePlan {
  ListenAddress address;
  Access access;
};
Expected<ServePlan> plan_of(const ServeOptions &options);

}  // namespace wsitrace

#endif
