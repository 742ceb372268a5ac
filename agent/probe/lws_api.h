// SPDX-License-Identifier: MIT
//
// The functions of libwebsockets that the probe calls. An entry fills the table: the plugin and the linked library from the
// lws they were built against, the preload library from the lws that the host has loaded.
#ifndef WSITRACE_PROBE_LWS_API_H
#define WSITRACE_PROBE_LWS_API_H

#include <libwebsockets.h>

#include "agent/lws/versions.h"

namespace wsitrace {

// X(name): public functions that every supported version (4.1.6 to 5.0) exports.
#define WSITRACE_LWS_FUNCTIONS(X) \
  X(lws_get_library_version)      \
  X(lws_get_vhost)                \
  X(lws_get_vhost_name)           \
  X(lws_get_vhost_listen_port)    \
  X(lws_vhost_name_to_protocol)   \
  X(lws_get_protocol)             \
  X(lws_get_socket_fd)            \
  X(lws_get_network_wsi)          \
  X(lws_http_get_uri_and_method)  \
  X(lws_hdr_copy)

struct LwsApi {
#define WSITRACE_MEMBER(name) decltype(&::name) name = nullptr;
  WSITRACE_LWS_FUNCTIONS(WSITRACE_MEMBER)
#undef WSITRACE_MEMBER
  // Optional: absent from a version or a build.
  const char *(*lws_wsi_tag)(struct lws *) = nullptr;                     // 4.2 and later
  void *(*lws_get_ssl)(struct lws *) = nullptr;                           // builds with TLS
  unsigned int (*lws_http_client_http_response)(struct lws *) = nullptr;  // builds with client support
  struct lws *(*lws_get_parent)(const struct lws *) = nullptr;            // who links wsitrace may have an older table
  int (*lws_partial_buffered)(struct lws *) = nullptr;                    // likewise
  int (*lws_hdr_total_length)(struct lws *, enum lws_token_indexes) = nullptr;  // likewise
  // Found by the preload library only.
  void *(*lws_wsi_user)(struct lws *) = nullptr;
  struct lws_context *(*lws_get_context)(const struct lws *) = nullptr;
  void *(*lws_context_user)(struct lws_context *) = nullptr;
};

}  // namespace wsitrace

#endif
