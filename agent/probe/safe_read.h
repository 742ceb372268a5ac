// SPDX-License-Identifier: MIT
//
// Reading the host's memory where nothing guarantees that it is mapped, or stays so while it is read: while looking for the start of a
// protocol table.
#ifndef WSITRACE_PROBE_SAFE_READ_H
#define WSITRACE_PROBE_SAFE_READ_H

#include <cstddef>

namespace wsitrace {

// The kernel copies what is read, through a pipe, and says where nothing is mapped: nothing that another thread unmaps meanwhile can end the
// host. process_vm_readv(2) would do so in one step, but is for debuggers, and a filter may kill who calls it.
//
// Cost:   a pipe for as long as it lives, and two system calls for a read within a page (0.6 us); for what is done once for a vhost.
// Errors: without a descriptor to be had, nothing can be read.
// Fork:   a child that another thread forks meanwhile, and that does not exec, keeps the two descriptors.
class SafeReader {
 public:
  SafeReader() noexcept;
  ~SafeReader();
  SafeReader(const SafeReader &) = delete;
  SafeReader &operator=(const SafeReader &) = delete;

  static constexpr size_t kNameBytes = 256;

  // Copies LENGTH bytes of this process's memory at FROM, or as many as are mapped; returns how many, 0 for none.
  size_t read(const void *from, void *to, size_t length) const noexcept;
  // True when TEXT points to a NUL-terminated string of 1 to 255 printable bytes: they are in NAME then, and TEXT need not be looked at again.
  bool read_name(const char *text, char (&name)[kNameBytes]) const noexcept;

 private:
  size_t read_in_page(const char *from, char *to, size_t length) const noexcept;

  int ends_[2] = {-1, -1};
};

// True when ADDRESS, which is not looked at, lies in a loaded object.
bool is_in_loaded_object(const void *address) noexcept;

}  // namespace wsitrace

#endif
