// SPDX-License-Identifier: MIT
#include "agent/serve/serve_options.h"

#include <fcntl.h>

#include <cerrno>

#include "agent/base/fd.h"

namespace wsitrace {
namespace {

Expected<void> check_tls(const ServeOptions &options) {
  if (options.tls_cert.empty() != options.tls_key.empty())
    return unexpected(Error{"TLS", "a certificate and its key belong together", "give --tls-cert and --tls-key"});
  if (options.wants_client_certificates() && !options.has_tls())
    return unexpected(Error{"--tls-client-ca", "there is no TLS", "give --tls-cert and --tls-key"});
  for (const std::string *path : {&options.tls_cert, &options.tls_key, &options.tls_client_ca}) {
    if (path->empty()) continue;
    if (!Fd(::open(path->c_str(), O_RDONLY | O_CLOEXEC)).valid()) return unexpected(system_error(*path, errno));
  }
  return {};
}

Expected<Access> access_of(const ServeOptions &options) {
  Access access;
  access.metrics_only = options.metrics_only;
  access.page = !options.no_page;
  if (options.token_file.empty()) return access;
  auto token = read_token_file(options.token_file);
  if (!token) return unexpected(token.error());
  access.token = std::move(*token);
  return access;
}

}  // namespace

Expected<ServePlan> plan_of(const ServeOptions &options) {
  auto address = ListenAddress::parse(options.listen);
  if (!address) return unexpected(address.error());
  if (auto tls = check_tls(options); !tls) return unexpected(tls.error());
  auto access = access_of(options);
  if (!access) return unexpected(access.error());
  if (!address->is_loopback() && !access->asks_for_token() && !options.wants_client_certificates())
    return unexpected(Error{"listen on " + address->text(), "others could read what is served there",
                            "give --token-file FILE, or --tls-cert, --tls-key and --tls-client-ca"});
  access->local_names_only = !access->asks_for_token() && !options.wants_client_certificates();
  return ServePlan{std::move(*address), std::move(*access)};
}

}  // namespace wsitrace
