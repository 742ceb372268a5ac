// SPDX-License-Identifier: MIT
//
// What lws asks of the socket and of OpenSSL, watched in the one object that holds it: reads are counted (agent/probe/reads.h) and
// the ends of TLS handshakes are recorded. The calls of nobody else are touched.
#ifndef WSITRACE_ENTRY_IMPORTS_TRANSPORT_H
#define WSITRACE_ENTRY_IMPORTS_TRANSPORT_H

namespace wsitrace {

// Once, when the probe is on. LWS_FUNCTION is any function of the host's lws. Without OpenSSL (or with another TLS library behind lws)
// there are no TLS facts; with an lws that is linked statically no reads and no ends of handshakes.
void watch_transport(const void *lws_function) noexcept;

}  // namespace wsitrace

#endif
