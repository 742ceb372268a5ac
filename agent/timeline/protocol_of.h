// SPDX-License-Identifier: MIT
//
// Which protocol a connection belongs to, for whoever names one. Two questions, which an HTTP connection between two requests answers
// differently: lws has bound it to protocols[0] of its vhost again, and another protocol has answered on it.
#ifndef WSITRACE_TIMELINE_PROTOCOL_OF_H
#define WSITRACE_TIMELINE_PROTOCOL_OF_H

#include "agent/timeline/connection.h"

namespace wsitrace {

// What serves it: the protocol of its websocket session, of its last request, or, without one, what was bound to it last. What a report
// and a diagnosis name.
std::string_view protocol_of(const Connection &connection);

// What is bound to it, or was bound last; protocol_of() where lws bound nothing, as to many a stream. What a live view names.
std::string_view bound_protocol(const Connection &connection);

}  // namespace wsitrace

#endif
