// SPDX-License-Identifier: MIT
//
// What is put into import slots (redirect.h) once the probe is on. LWS_FUNCTION is any function of the host's libwebsockets. An lws that
// is linked statically has no slots of its own: of these calls, none is seen then, and nothing changes.
#ifndef WSITRACE_ENTRY_IMPORTS_IMPORTS_H
#define WSITRACE_ENTRY_IMPORTS_IMPORTS_H

namespace wsitrace {

// The hooks (agent/entry/hooks/hooks.h), in every object that is loaded by now but the caller's own.
void bind_hooks(const void *lws_function) noexcept;

// In the one object that holds lws, which calls of the socket and of OpenSSL it makes: reads are counted (agent/probe/reads.h), the ends
// of TLS handshakes are recorded. Without OpenSSL, or with another TLS library behind lws, there are no TLS facts.
void watch_transport(const void *lws_function) noexcept;

// In the same object, the calls by which it opens and closes descriptors (agent/probe/contexts.h).
void watch_descriptors(const void *lws_function) noexcept;

}  // namespace wsitrace

#endif
