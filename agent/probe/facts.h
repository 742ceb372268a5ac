// SPDX-License-Identifier: MIT
//
// Facts beyond the event's fixed fields: addresses, request line, causes. Only kinds with one of the roles for it carry any (agent/lws/callbacks.h).
//
// Privacy: of a URL its path (agent/base/redact.h), never a header's value or a payload.
// Cost:    syscalls only once per connection (both addresses, outbound up to three times; TCP_INFO; what waits behind the first request)
//          and once per listener (SO_ACCEPTCONN); errno is preserved. What waits is asked again only after a transaction so long that the call is
//          not felt (reads.h).
#ifndef WSITRACE_PROBE_FACTS_H
#define WSITRACE_PROBE_FACTS_H

#include <libwebsockets.h>

#include "agent/base/redact.h"
#include "agent/ring/writer.h"

namespace wsitrace {

bool is_stream(lws *wsi) noexcept;
// WSI is being destroyed: forgets all about its address. Adds what is known at its end.
// The result is for kItemSetAgo; 0: nothing.
uint32_t add_end(Event &event, lws *wsi) noexcept;
// Callers of lws_close_free_wsi() by which lws closes listeners; connections, too, that are left when a context goes.
bool closes_listeners(int reason, const char *caller) noexcept;
// WSI is about to be closed by one of them. Costs a syscall.
void add_whether_it_listens(Event &event, lws *wsi) noexcept;
// What the kernel says of its socket, if it has one that was connected.
void add_tcp(Items &items, lws *wsi) noexcept;
// WSI's response is complete: adds what tells whether the next request was there already.
void add_completion(Event &event, lws *wsi) noexcept;

// The request that WSI is answering: path, method, version.
// TOLD: what lws says the path is, as it has it; nothing where it does not.
void add_request_line(Event &event, Items &items, lws *wsi, UrlPath told = {nullptr, 0}) noexcept;
// What an application asked lws to connect to: the members used have the same place in every checked version.
void add_target(Event &event, Items &items, const lws_client_connect_info &info) noexcept;

// Adds to EVENT and ITEMS what the callback's arguments and the wsi say. WSI is alive.
void add_facts(Event &event, Items &items, lws *wsi, const void *in, size_t length) noexcept;

}  // namespace wsitrace

#endif
