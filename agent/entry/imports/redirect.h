// SPDX-License-Identifier: MIT
//
// Redirects calls of functions, in objects that are loaded now, by their import slots (what heaptrack's inject mode does).
// imports.h says which.
//
// Why: for one, lws_callback_on_writable_all_protocol and its kin look for a callback pointer that the host knows from its own table, while
//      the vhosts hold our thunks. A preload library stands in front of them; a plugin is loaded too late for that. Without
//      this, a broadcast to a static table would reach nobody: the observer would have hurt its host.
// Threads: a slot is one aligned store. Write protection (RELRO) is lifted for the page and put back.
#ifndef WSITRACE_ENTRY_IMPORTS_REDIRECT_H
#define WSITRACE_ENTRY_IMPORTS_REDIRECT_H

#include <cstddef>

namespace wsitrace {

struct Redirection {
  const char *name;   // of the imported function
  void *replacement;  // same signature
};

// Where redirections apply: in the one object that holds an address, or in all but that one.
struct Where {
  const void *address;
  bool only;  // false: all others
};

// A handle for dlsym of the shared library that holds FUNCTION, to be given back by dlclose; nullptr when it stands in the main program
// (lws linked statically).
void *open_object_of(const void *function) noexcept;
// True when the object that holds FUNCTION is a file whose name begins with NAME ("libssl.so").
bool is_in_object(const void *function, const char *name) noexcept;

// Applies COUNT redirections; those without a replacement are left out. Returns the number of slots changed.
size_t redirect_imports(const Redirection *redirections, size_t count, Where where) noexcept;

}  // namespace wsitrace

#endif
