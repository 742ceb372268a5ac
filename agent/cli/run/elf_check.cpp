// SPDX-License-Identifier: MIT
#include "agent/cli/run/elf_check.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "agent/base/fd.h"
#include "agent/base/mapping.h"

namespace wsitrace {
namespace {

constexpr std::string_view kEntryPoint = "lws_create_context";
constexpr std::string_view kLibrary = "libwebsockets.so";
// Bounds for files that were made to keep us busy.
constexpr size_t kMaxNeeded = 1024;
constexpr size_t kMaxNameBytes = 4096;

constexpr unsigned char kOwnClass = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kOwnOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
#if defined(__x86_64__)
constexpr uint16_t kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kOwnMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr uint16_t kOwnMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr uint16_t kOwnMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr uint16_t kOwnMachine = EM_S390;
#elif defined(__i386__)
constexpr uint16_t kOwnMachine = EM_386;
#elif defined(__arm__)
constexpr uint16_t kOwnMachine = EM_ARM;
#else
constexpr uint16_t kOwnMachine = EM_NONE;  // unknown here: any machine counts as ours
#endif

using Bytes = std::span<const std::byte>;
using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);
using Dynamic = ElfW(Dyn);

// The part of IMAGE at OFFSET, as much of BYTES as is there.
Bytes part(Bytes image, uint64_t offset, uint64_t bytes) {
  if (offset > image.size()) return {};
  return image.subspan(offset, std::min<uint64_t>(bytes, image.size() - offset));
}

template <typename T>
std::optional<T> read_at(Bytes image, uint64_t index) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (index >= image.size() / sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, image.data() + index * sizeof(T), sizeof(T));
  return value;
}

// The NUL-terminated name at OFFSET; empty where there is none.
std::string_view text_at(Bytes strings, uint64_t offset) {
  if (offset >= strings.size()) return {};
  const char *text = reinterpret_cast<const char *>(strings.data()) + offset;
  const size_t room = std::min(strings.size() - offset, kMaxNameBytes);
  const size_t length = strnlen(text, room);
  return length < room ? std::string_view(text, length) : std::string_view{};
}

bool is_at(Bytes strings, uint64_t offset, std::string_view name) {
  if (offset >= strings.size() || strings.size() - offset <= name.size()) return false;
  const std::byte *text = strings.data() + offset;
  return std::memcmp(text, name.data(), name.size()) == 0 && text[name.size()] == std::byte{0};
}

class Image {
 public:
  Image(Bytes bytes, const Header &header) : bytes_(bytes), header_(header) {}

  [[nodiscard]] bool has_interpreter() const { return find_segment(PT_INTERP).has_value(); }

  [[nodiscard]] std::vector<std::string> needed() const {
    std::vector<std::string> names;
    const auto dynamic = find_segment(PT_DYNAMIC);
    if (!dynamic) return names;
    const Bytes entries = part(bytes_, dynamic->p_offset, dynamic->p_filesz);
    const Bytes strings = dynamic_strings(entries);
    for (uint64_t i = 0; names.size() < kMaxNeeded; ++i) {
      const auto entry = read_at<Dynamic>(entries, i);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag != DT_NEEDED) continue;
      const std::string_view name = text_at(strings, entry->d_un.d_val);
      if (!name.empty()) names.emplace_back(name);
    }
    return names;
  }

  // One table of each type, as the linkers make them.
  [[nodiscard]] bool defines(std::string_view symbol) const {
    return defines(SHT_DYNSYM, symbol) || defines(SHT_SYMTAB, symbol);
  }

 private:
  [[nodiscard]] std::optional<Segment> segment(uint64_t index) const {
    if (index >= header_.e_phnum || header_.e_phentsize != sizeof(Segment)) return std::nullopt;
    return read_at<Segment>(part(bytes_, header_.e_phoff, bytes_.size()), index);
  }

  [[nodiscard]] std::optional<Section> section(uint64_t index) const {
    if (index >= header_.e_shnum || header_.e_shentsize != sizeof(Section)) return std::nullopt;
    return read_at<Section>(part(bytes_, header_.e_shoff, bytes_.size()), index);
  }

  [[nodiscard]] std::optional<Segment> find_segment(uint32_t type) const {
    for (uint64_t i = 0;; ++i) {
      const auto found = segment(i);
      if (!found || found->p_type == type) return found;
    }
  }

  // Where ADDRESS of the running program lies in the file.
  [[nodiscard]] std::optional<uint64_t> offset_of(uint64_t address) const {
    for (uint64_t i = 0;; ++i) {
      const auto load = segment(i);
      if (!load) return std::nullopt;
      if (load->p_type == PT_LOAD && address >= load->p_vaddr && address - load->p_vaddr < load->p_filesz)
        return load->p_offset + (address - load->p_vaddr);
    }
  }

  [[nodiscard]] Bytes dynamic_strings(Bytes entries) const {
    uint64_t address = 0, bytes = 0;
    for (uint64_t i = 0;; ++i) {
      const auto entry = read_at<Dynamic>(entries, i);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_STRTAB) address = entry->d_un.d_ptr;
      if (entry->d_tag == DT_STRSZ) bytes = entry->d_un.d_val;
    }
    const auto offset = offset_of(address);
    return offset ? part(bytes_, *offset, bytes) : Bytes{};
  }

  [[nodiscard]] std::optional<Section> find_section(uint32_t type) const {
    for (uint64_t i = 0;; ++i) {
      const auto found = section(i);
      if (!found || found->sh_type == type) return found;
    }
  }

  [[nodiscard]] bool defines(uint32_t table_type, std::string_view symbol) const {
    const auto table = find_section(table_type);
    const auto names = table ? section(table->sh_link) : std::nullopt;
    if (!names) return false;
    const Bytes symbols = part(bytes_, table->sh_offset, table->sh_size);
    const Bytes strings = part(bytes_, names->sh_offset, names->sh_size);
    for (uint64_t i = 0;; ++i) {
      const auto entry = read_at<Symbol>(symbols, i);
      if (!entry) return false;
      if (entry->st_shndx != SHN_UNDEF && is_at(strings, entry->st_name, symbol)) return true;
    }
  }

  Bytes bytes_;
  Header header_;
};

bool is_elf(Bytes image) { return image.size() >= SELFMAG && std::memcmp(image.data(), ELFMAG, SELFMAG) == 0; }

// The header of a program that this machine's loader and a library of ours could share.
std::optional<Header> native_header(Bytes image) {
  const auto header = is_elf(image) ? read_at<Header>(image, 0) : std::nullopt;
  const bool native = header && header->e_ident[EI_CLASS] == kOwnClass && header->e_ident[EI_DATA] == kOwnOrder &&
                      (kOwnMachine == EM_NONE || header->e_machine == kOwnMachine);
  return native ? header : std::nullopt;
}

bool is_secure(const std::string &path, const struct stat &facts) {
  if ((facts.st_mode & S_ISUID) != 0 && facts.st_uid != ::getuid()) return true;
  if ((facts.st_mode & S_ISGID) != 0 && (facts.st_mode & S_IXGRP) != 0 && facts.st_gid != ::getgid()) return true;
  return ::getuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

// Nothing, where there is nothing to map.
Mapping map_file(const Fd &fd, const struct stat &facts) {
  if (!S_ISREG(facts.st_mode) || facts.st_size == 0) return {};
  const auto bytes = static_cast<size_t>(facts.st_size);
  void *data = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  return data != MAP_FAILED ? Mapping(data, bytes) : Mapping();
}

bool is_file(const std::string &path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

}  // namespace

bool ElfFacts::needs_lws() const {
  return std::any_of(needed.begin(), needed.end(), [](const std::string &name) { return name.starts_with(kLibrary); });
}

ElfFacts inspect_elf(Bytes image_untrusted) {
  ElfFacts facts;
  facts.elf = is_elf(image_untrusted);
  const auto header = native_header(image_untrusted);
  if (!header) return facts;
  const Image image(image_untrusted, *header);
  facts.native = true;
  facts.dynamic = image.has_interpreter();
  facts.needed = image.needed();
  return facts;
}

OwnLws find_own_lws(Bytes image_untrusted) {
  const auto header = native_header(image_untrusted);
  if (!header) return OwnLws::kNone;
  if (Image(image_untrusted, *header).defines(kEntryPoint)) return OwnLws::kDefined;
  const void *named = ::memmem(image_untrusted.data(), image_untrusted.size(), kEntryPoint.data(), kEntryPoint.size());
  return named != nullptr ? OwnLws::kNamed : OwnLws::kNone;
}

std::optional<std::string> find_program(const std::string &program, const char *search_path) {
  if (program.find('/') != std::string::npos) return is_file(program) ? std::optional(program) : std::nullopt;
  std::string_view rest = search_path != nullptr ? search_path : "/bin:/usr/bin";
  std::optional<std::string> found;
  for (bool more = !program.empty(); more;) {
    const size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    const std::string path = (directory.empty() ? "." : std::string(directory)) + "/" + program;
    if (is_file(path)) {
      if (::access(path.c_str(), X_OK) == 0) return path;
      if (!found) found = path;
    }
    more = colon != std::string_view::npos;
    if (more) rest.remove_prefix(colon + 1);
  }
  return found;
}

Expected<ProgramFacts> inspect_program(const std::string &path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return unexpected(system_error(path, errno));
  ProgramFacts program{path, is_secure(path, facts), {}};
  const Mapping mapping = map_file(fd, facts);
  program.elf = inspect_elf({mapping.data(), mapping.size()});
  return program;
}

namespace {

template <typename Look>
auto look_into(const std::string &path, Look look) -> decltype(look(Bytes{})) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts {};
  if (!fd.valid() || ::fstat(fd.get(), &facts) != 0) return {};
  const Mapping mapping = map_file(fd, facts);
  return look({mapping.data(), mapping.size()});
}

}  // namespace

OwnLws find_own_lws_in(const std::string &path) { return look_into(path, find_own_lws); }

bool defines_lws(const std::string &path) {
  return look_into(path, [](Bytes image) {
    const auto header = native_header(image);
    return header && Image(image, *header).defines(kEntryPoint);
  });
}

}  // namespace wsitrace
