// SPDX-License-Identifier: MIT
//
// The loaded object that holds the host's libwebsockets.
#ifndef WSITRACE_ENTRY_IMPORTS_LWS_OBJECT_H
#define WSITRACE_ENTRY_IMPORTS_LWS_OBJECT_H

namespace wsitrace {

// A handle for dlsym of the shared library that holds FUNCTION, to be given back by dlclose; nullptr when it stands in the main program
// (lws linked statically).
void *open_object_of(const void *function) noexcept;

// True when the object that holds FUNCTION is a file whose name begins with NAME ("libssl.so").
bool is_in_object(const void *function, const char *name) noexcept;

}  // namespace wsitrace

#endif
