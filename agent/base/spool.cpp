// SPDX-License-Identifier: MIT
#include "agent/base/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace wsitrace {
namespace {

// Not every file system has files without a name.
int open_nameless(const std::string &directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  std::string path = directory + "/.wsitrace-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(path.c_str());
  return named;
}

}  // namespace

Expected<Spool> Spool::create(const std::string &directory) {
  Fd file(open_nameless(directory));
  if (!file.valid()) return unexpected(system_error(directory, errno));
  return Spool(directory, std::move(file));
}

void Spool::add(std::string_view text) {
  while (error_ == 0 && !text.empty()) {
    const ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      error_ = written < 0 ? errno : EIO;
      return;
    }
    bytes_ += static_cast<size_t>(written);
    text.remove_prefix(static_cast<size_t>(written));
  }
}

Expected<void> Spool::written() const {
  if (error_ != 0) return unexpected(system_error(directory_, error_));
  return {};
}

Expected<Mapping> Spool::map() {
  if (const auto complete = written(); !complete) return unexpected(complete.error());
  void *data = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file_.get(), 0);
  if (data == MAP_FAILED) return unexpected(system_error(directory_, errno));
  return Mapping(data, bytes_);
}

}  // namespace wsitrace
