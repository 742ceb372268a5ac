// SPDX-License-Identifier: MIT
//
// Watches the calls by which the host's libwebsockets opens and closes descriptors (agent/probe/descriptors.h), by its import slots.
#ifndef WSITRACE_ENTRY_IMPORTS_DESCRIPTORS_H
#define WSITRACE_ENTRY_IMPORTS_DESCRIPTORS_H

namespace wsitrace {

// LWS_FUNCTION is any of the library's. A library that is linked statically is not watched.
void watch_descriptors(const void *lws_function) noexcept;

}  // namespace wsitrace

#endif
