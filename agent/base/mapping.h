// SPDX-License-Identifier: MIT
#ifndef WSITRACE_BASE_MAPPING_H
#define WSITRACE_BASE_MAPPING_H

#include <sys/mman.h>

#include <cstddef>
#include <utility>

namespace wsitrace {

// Owns a memory mapping.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void *data, size_t size) : data_(data), size_(size) {}
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
    if (data_ != nullptr) ::munmap(data_, size_);
  }

  [[nodiscard]] std::byte *data() const { return static_cast<std::byte *>(data_); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool valid() const { return data_ != nullptr; }

 private:
  void *data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wsitrace

#endif
