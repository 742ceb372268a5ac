// SPDX-License-Identifier: MIT
//
// Finding and wrapping the protocol table of a vhost. lws copies the host's tables into one array per vhost; public API gives
// a pointer to one entry of it, and the start is found by walking back while the entries are ones that lws itself knows.
#ifndef WSITRACE_PROBE_TABLES_H
#define WSITRACE_PROBE_TABLES_H

#include <libwebsockets.h>

namespace wsitrace {

// The entry of VHOST's table that a creation info points to, or nullptr: through info->protocols, or through the words of INFO
// that turn out to be its pprotocols (their offset differs between builds), or through names of known protocols.
const lws_protocols *find_entry(lws_vhost *vhost, const lws_context_creation_info *info) noexcept;

// Wraps every protocol of the table that ENTRY lies in. Idempotent.
void wrap_table(lws_vhost *vhost, const lws_protocols *entry) noexcept;

// Wraps a table before lws copies it (the linked library's way). TABLE ends with an entry without callback.
void wrap_host_table(lws_protocols *table) noexcept;

}  // namespace wsitrace

#endif
