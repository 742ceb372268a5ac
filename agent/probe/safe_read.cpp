// SPDX-License-Identifier: MIT
#include "agent/probe/safe_read.h"

#include <dlfcn.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cstdint>

namespace wsitrace {
namespace {

constexpr size_t kPage = 4096;

size_t read_within_page(const void *from, void *to, size_t length) noexcept {
  iovec local{to, length};
  iovec remote{const_cast<void *>(from), length};
  const ssize_t got = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
  return got > 0 ? static_cast<size_t>(got) : 0;
}

}  // namespace

size_t safe_read(const void *from, void *to, size_t length) noexcept {
  size_t done = 0;
  while (done < length) {
    const auto *at = static_cast<const char *>(from) + done;
    const size_t to_page_end = kPage - (reinterpret_cast<uintptr_t>(at) & (kPage - 1));
    const size_t wanted = length - done < to_page_end ? length - done : to_page_end;
    const size_t got = read_within_page(at, static_cast<char *>(to) + done, wanted);
    done += got;
    if (got != wanted) break;
  }
  return done;
}

bool is_readable_name(const char *text) noexcept {
  if (text == nullptr) return false;
  char copy[256];
  const size_t got = safe_read(text, copy, sizeof copy);
  for (size_t i = 0; i < got; ++i) {
    const auto c = static_cast<unsigned char>(copy[i]);
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
