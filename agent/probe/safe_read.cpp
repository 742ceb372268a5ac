// SPDX-License-Identifier: MIT
#include "agent/probe/safe_read.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdint>

#include "agent/probe/errno_guard.h"

namespace wsitrace {
namespace {

constexpr size_t kPage = 4096;  // what a pipe takes at once, at least

// Not by functions that a sanitizer, or we ourselves, stand in front of: what is read here may belong to nobody.
long write_end(int fd, const void *from, size_t length) noexcept { return syscall(SYS_write, fd, from, length); }
long read_end(int fd, void *to, size_t length) noexcept { return syscall(SYS_read, fd, to, length); }

}  // namespace

SafeReader::SafeReader() noexcept {
  const ErrnoGuard guard;
  if (syscall(SYS_pipe2, ends_, O_CLOEXEC | O_NONBLOCK) != 0) ends_[0] = ends_[1] = -1;
}

SafeReader::~SafeReader() {
  const ErrnoGuard guard;
  for (const int end : ends_)
    if (end >= 0) syscall(SYS_close, end);
}

size_t SafeReader::read_in_page(const char *from, char *to, size_t length) const noexcept {
  if (write_end(ends_[1], from, length) == static_cast<long>(length))
    return read_end(ends_[0], to, length) == static_cast<long>(length) ? length : 0;
  char rest[kPage];  // of a page that went while it was copied
  while (read_end(ends_[0], rest, sizeof rest) > 0) {
  }
  return 0;
}

size_t SafeReader::read(const void *from, void *to, size_t length) const noexcept {
  const ErrnoGuard guard;
  size_t done = 0;
  while (done < length && ends_[0] >= 0) {
    const auto *at = static_cast<const char *>(from) + done;
    const size_t to_page_end = kPage - (reinterpret_cast<uintptr_t>(at) & (kPage - 1));
    const size_t wanted = length - done < to_page_end ? length - done : to_page_end;
    if (read_in_page(at, static_cast<char *>(to) + done, wanted) != wanted) break;
    done += wanted;
  }
  return done;
}

bool SafeReader::read_name(const char *text, char (&name)[kNameBytes]) const noexcept {
  if (text == nullptr) return false;
  const size_t got = read(text, name, sizeof name);
  for (size_t i = 0; i < got; ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c == 0) return i > 0;
    if (c < 0x20 || c == 0x7f) return false;
  }
  return false;
}

bool is_in_loaded_object(const void *address) noexcept {
  Dl_info info;
  return address != nullptr && dladdr(address, &info) != 0;
}

}  // namespace wsitrace
