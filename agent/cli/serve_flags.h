// SPDX-License-Identifier: MIT
#ifndef WSITRACE_CLI_SERVE_FLAGS_H
#define WSITRACE_CLI_SERVE_FLAGS_H

#include <CLI/CLI.hpp>

#include "agent/serve/serve_options.h"

namespace wsitrace {

// How a server of our own lets others in, for the commands that have one. ADDRESS is the option that names where it listens;
// ServeOptions::listen is the caller's to fill. OPTIONS outlive the parsing.
inline void add_serve_flags(CLI::App &command, CLI::Option &address, ServeOptions &options) {
  command.add_option("--token-file", options.token_file, "Ask clients for the token in the first line of FILE")
      ->type_name("FILE")
      ->needs(&address);
  command.add_option("--tls-cert", options.tls_cert, "Serve by TLS, with this certificate (PEM)")
      ->type_name("FILE")
      ->needs(&address);
  command.add_option("--tls-key", options.tls_key, "and its private key (PEM)")->type_name("FILE")->needs(&address);
  command
      .add_option("--tls-client-ca", options.tls_client_ca,
                  "Let in clients only whose certificate one of these signed (PEM)")
      ->type_name("FILE")
      ->needs(&address);
  command.add_flag("--no-page", options.no_page, "Serve no page for browsers")->needs(&address);
  command.add_flag("--metrics-only", options.metrics_only, "Serve metrics and healthz, nothing else")->needs(&address);
}

}  // namespace wsitrace

#endif
