// SPDX-License-Identifier: MIT
#ifndef WSITRACE_BASE_MAPPING_H
#define WSITRACE_BASE_MAPPING_H

#include <sys/mman.h>

#include <cstddef>
#include <utility>

namespace wsitrace {

// Owns a memory mapping. Of a file that somebody cuts off, the pages behind its new end are gone, and who touches one gets SIGBUS:
// see outlive_cut_mappings().
class Mapping {
 public:
  Mapping() = default;
  Mapping(void *data, size_t size) : data_(data), size_(size) { remember(); }
  Mapping(Mapping &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping &operator=(Mapping &&other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  ~Mapping() {
    if (data_ == nullptr) return;
    forget();
    ::munmap(data_, size_);
  }

  [[nodiscard]] std::byte *data() const { return static_cast<std::byte *>(data_); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool valid() const { return data_ != nullptr; }

 private:
  void remember() const noexcept;
  void forget() const noexcept;

  void *data_ = nullptr;
  size_t size_ = 0;
};

// From now on a page of a Mapping that is gone reads as zeroes, and what is written to it is lost. For processes of wsitrace alone: it takes
// SIGBUS, which in a host is the program's.
void outlive_cut_mappings();

}  // namespace wsitrace

#endif
