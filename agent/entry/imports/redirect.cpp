// SPDX-License-Identifier: MIT
#include "agent/entry/imports/redirect.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstdint>
#include <cstring>

namespace wsitrace {
namespace {

struct Job {
  const Redirection *redirections;
  size_t count;
  Where where;
  size_t changed;
};

// The parts of an object's dynamic section that name its imports.
struct Imports {
  const ElfW(Sym) *symbols = nullptr;
  const char *names = nullptr;
  const ElfW(Rela) * tables[2] = {nullptr, nullptr};  // DT_JMPREL, DT_RELA
  size_t bytes[2] = {0, 0};
};

Imports imports_of(const dl_phdr_info &object) noexcept {
  Imports imports;
  for (size_t i = 0; i < object.dlpi_phnum; ++i) {
    if (object.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto *entry = reinterpret_cast<const ElfW(Dyn) *>(object.dlpi_addr + object.dlpi_phdr[i].p_vaddr);
    for (; entry->d_tag != DT_NULL; ++entry) {
      switch (entry->d_tag) {
        case DT_SYMTAB: imports.symbols = reinterpret_cast<const ElfW(Sym) *>(entry->d_un.d_ptr); break;
        case DT_STRTAB: imports.names = reinterpret_cast<const char *>(entry->d_un.d_ptr); break;
        case DT_JMPREL: imports.tables[0] = reinterpret_cast<const ElfW(Rela) *>(entry->d_un.d_ptr); break;
        case DT_PLTRELSZ: imports.bytes[0] = entry->d_un.d_val; break;
        case DT_RELA: imports.tables[1] = reinterpret_cast<const ElfW(Rela) *>(entry->d_un.d_ptr); break;
        case DT_RELASZ: imports.bytes[1] = entry->d_un.d_val; break;
        default: break;
      }
    }
  }
  return imports;
}

bool holds(const dl_phdr_info &object, uintptr_t address) noexcept {
  for (size_t i = 0; i < object.dlpi_phnum; ++i) {
    const auto &segment = object.dlpi_phdr[i];
    const uintptr_t start = object.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= start && address < start + segment.p_memsz) return true;
  }
  return false;
}

// True when PAGE lies in the part that the loader made read-only after relocation.
bool is_relro(const dl_phdr_info &object, uintptr_t page, size_t page_bytes) noexcept {
  for (size_t i = 0; i < object.dlpi_phnum; ++i) {
    const auto &segment = object.dlpi_phdr[i];
    if (segment.p_type != PT_GNU_RELRO) continue;
    const uintptr_t start = (object.dlpi_addr + segment.p_vaddr) & ~(page_bytes - 1);
    const uintptr_t end = (object.dlpi_addr + segment.p_vaddr + segment.p_memsz) & ~(page_bytes - 1);
    if (page >= start && page < end) return true;
  }
  return false;
}

bool put(const dl_phdr_info &object, void **slot, void *replacement) noexcept {
  const auto page_bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t page = reinterpret_cast<uintptr_t>(slot) & ~(page_bytes - 1);
  const bool relro = is_relro(object, page, page_bytes);
  if (relro && mprotect(reinterpret_cast<void *>(page), page_bytes, PROT_READ | PROT_WRITE) != 0) return false;
  __atomic_store_n(slot, replacement, __ATOMIC_RELEASE);
  if (relro) mprotect(reinterpret_cast<void *>(page), page_bytes, PROT_READ);
  return true;
}

bool is_import_slot(uint64_t type) noexcept {
#if defined(__x86_64__)
  return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
#elif defined(__aarch64__)
  return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
#else
  return false;
#endif
}

int patch_object(dl_phdr_info *object, size_t, void *argument) noexcept {
  Job &job = *static_cast<Job *>(argument);
  const Imports imports = imports_of(*object);
  // The vDSO's tables hold unrelocated addresses, and it imports nothing.
  if (imports.symbols == nullptr || imports.names == nullptr ||
      holds(*object, reinterpret_cast<uintptr_t>(job.where.address)) != job.where.only ||
      reinterpret_cast<uintptr_t>(imports.symbols) < object->dlpi_addr)
    return 0;
  for (size_t table = 0; table < 2; ++table) {
    const size_t entries = imports.tables[table] != nullptr ? imports.bytes[table] / sizeof(ElfW(Rela)) : 0;
    for (size_t i = 0; i < entries; ++i) {
      const auto &entry = imports.tables[table][i];
      if (!is_import_slot(ELF64_R_TYPE(entry.r_info))) continue;
      const char *name = imports.names + imports.symbols[ELF64_R_SYM(entry.r_info)].st_name;
      for (size_t r = 0; r < job.count; ++r)
        if (job.redirections[r].replacement != nullptr && std::strcmp(name, job.redirections[r].name) == 0 &&
            put(*object, reinterpret_cast<void **>(object->dlpi_addr + entry.r_offset),
                job.redirections[r].replacement))
          ++job.changed;
    }
  }
  return 0;
}

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

size_t redirect_imports(const Redirection *redirections, size_t count, Where where) noexcept {
  Job job{redirections, count, where, 0};
  dl_iterate_phdr(patch_object, &job);
  return job.changed;
}

}  // namespace wsitrace
