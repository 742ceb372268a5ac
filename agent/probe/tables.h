// SPDX-License-Identifier: MIT
//
// Finding the protocol table of a vhost. lws copies the host's tables into one array per vhost; public API gives
// a pointer to one entry of it, and the start is found by walking back while the entries are ones that lws itself knows.
#ifndef WSITRACE_PROBE_TABLES_H
#define WSITRACE_PROBE_TABLES_H

#include <cstddef>

#include <libwebsockets.h>

namespace wsitrace {

inline constexpr size_t kMaxTable = 4096;  // entries; a table that seems longer is not one

// The first entry of VHOST's table, or nullptr. ENTRY, when known, is any of it; otherwise one is looked for: through info->protocols, or
// through the words of INFO that turn out to be its pprotocols (their offset differs between builds), or through names of known
// protocols.
const lws_protocols *table_of(lws_vhost *vhost, const lws_context_creation_info *info,
                              const lws_protocols *entry) noexcept;

}  // namespace wsitrace

#endif
