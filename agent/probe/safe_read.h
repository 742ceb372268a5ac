// SPDX-License-Identifier: MIT
//
// Reading the host's memory where nothing guarantees that it is mapped: while looking for the start of a protocol table.
#ifndef WSITRACE_PROBE_SAFE_READ_H
#define WSITRACE_PROBE_SAFE_READ_H

#include <cstddef>

namespace wsitrace {

// Copies LENGTH bytes of this process's memory at FROM, or as many as are mapped; returns how many, 0 for none.
// One syscall a page: rt_sigprocmask(2) with arguments that change nothing. Programs need it for threads and forks, so seccomp filters let
// it pass; process_vm_readv(2) is for debuggers, and a filter may kill who calls it.
size_t safe_read(const void *from, void *to, size_t length) noexcept;

// True when TEXT points to a NUL-terminated string of printable bytes no longer than 255.
bool is_readable_name(const char *text) noexcept;

// True when ADDRESS lies in a loaded object.
bool is_in_loaded_object(const void *address) noexcept;

}  // namespace wsitrace

#endif
