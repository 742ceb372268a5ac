// SPDX-License-Identifier: MIT
#include "agent/entry/imports/lws_object.h"

#include <dlfcn.h>
#include <cstring>

namespace wsitrace {
namespace {

const char *base_name(const char *path) noexcept {
  const char *slash = std::strrchr(path, '/');
  return slash != nullptr ? slash + 1 : path;
}

}  // namespace

void *open_object_of(const void *function) noexcept {
  Dl_info info;
  if (function == nullptr || dladdr(function, &info) == 0 || info.dli_fname == nullptr) return nullptr;
  if (std::strstr(base_name(info.dli_fname), ".so") == nullptr) return nullptr;
  return dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

bool is_in_object(const void *function, const char *name) noexcept {
  Dl_info info;
  return function != nullptr && dladdr(function, &info) != 0 && info.dli_fname != nullptr &&
         std::strncmp(base_name(info.dli_fname), name, std::strlen(name)) == 0;
}

}  // namespace wsitrace
