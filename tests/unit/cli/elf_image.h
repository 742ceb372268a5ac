// SPDX-License-Identifier: MIT
//
// A small ELF executable made in memory, to be looked at and damaged:
//
//   header | 3 program headers | strings | dynamic | symbols | 4 section headers
//
//   const auto image = ElfImage().needs("libc.so.6").defines("main").bytes();
#ifndef WSITRACE_TESTS_ELF_IMAGE_H
#define WSITRACE_TESTS_ELF_IMAGE_H

#include <elf.h>
#include <link.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace wsitrace {

class ElfImage {
 public:
  static constexpr uint64_t kLoadedAt = 0x400000;

  ElfImage &needs(const std::string &library) {
    dynamic_.push_back({DT_NEEDED, {add(library)}});
    return *this;
  }
  ElfImage &defines(const std::string &symbol) { return add_symbol(symbol, 1); }
  ElfImage &imports(const std::string &symbol) { return add_symbol(symbol, SHN_UNDEF); }
  ElfImage &says(const std::string &text) {
    add(text);
    return *this;
  }
  ElfImage &is_static() {
    interpreter_ = false;
    return *this;
  }
  ElfImage &is_for(unsigned char elf_class, uint16_t machine) {
    header_.e_ident[EI_CLASS] = elf_class;
    header_.e_machine = machine;
    return *this;
  }

  [[nodiscard]] std::vector<std::byte> bytes() const {
    const uint64_t strings_at = sizeof(Header) + 3 * sizeof(Segment);
    const uint64_t dynamic_at = aligned(strings_at + strings_.size());
    auto dynamic = dynamic_;
    dynamic.push_back({DT_STRTAB, {kLoadedAt + strings_at}});
    dynamic.push_back({DT_STRSZ, {strings_.size()}});
    dynamic.push_back({DT_NULL, {0}});
    const uint64_t symbols_at = dynamic_at + dynamic.size() * sizeof(Dynamic);
    const uint64_t sections_at = symbols_at + symbols_.size() * sizeof(Symbol);
    const uint64_t end = sections_at + 3 * sizeof(Section);

    Header header = header_;
    header.e_phoff = sizeof(Header);
    header.e_phnum = 3;
    header.e_phentsize = sizeof(Segment);
    header.e_shoff = sections_at;
    header.e_shnum = 3;
    header.e_shentsize = sizeof(Section);

    std::vector<std::byte> image(end);
    put(image, 0, header);
    put(image, sizeof(Header), segment(PT_LOAD, 0, end));
    put(image, sizeof(Header) + sizeof(Segment), segment(PT_DYNAMIC, dynamic_at, dynamic.size() * sizeof(Dynamic)));
    put(image, sizeof(Header) + 2 * sizeof(Segment), segment(interpreter_ ? PT_INTERP : PT_NOTE, 0, 0));
    std::memcpy(image.data() + strings_at, strings_.data(), strings_.size());
    for (size_t i = 0; i < dynamic.size(); ++i) put(image, dynamic_at + i * sizeof(Dynamic), dynamic[i]);
    for (size_t i = 0; i < symbols_.size(); ++i) put(image, symbols_at + i * sizeof(Symbol), symbols_[i]);
    put(image, sections_at + sizeof(Section), section(SHT_DYNSYM, symbols_at, symbols_.size() * sizeof(Symbol), 2));
    put(image, sections_at + 2 * sizeof(Section), section(SHT_STRTAB, strings_at, strings_.size(), 0));
    return image;
  }

 private:
  using Header = ElfW(Ehdr);
  using Segment = ElfW(Phdr);
  using Section = ElfW(Shdr);
  using Symbol = ElfW(Sym);
  using Dynamic = ElfW(Dyn);

  // The header of the running test program: of this machine's kind.
  static Header own_header() {
    Header header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    header.e_machine = kMachine;
    return header;
  }

#if defined(__aarch64__)
  static constexpr uint16_t kMachine = EM_AARCH64;
#else
  static constexpr uint16_t kMachine = EM_X86_64;
#endif

  static uint64_t aligned(uint64_t offset) { return (offset + 7) & ~uint64_t{7}; }

  template <typename T>
  static void put(std::vector<std::byte> &image, uint64_t offset, const T &value) {
    std::memcpy(image.data() + offset, &value, sizeof value);
  }

  static Segment segment(uint32_t type, uint64_t offset, uint64_t bytes) {
    Segment made{};
    made.p_type = type;
    made.p_offset = offset;
    made.p_vaddr = kLoadedAt + offset;
    made.p_filesz = made.p_memsz = bytes;
    return made;
  }

  static Section section(uint32_t type, uint64_t offset, uint64_t bytes, uint32_t link) {
    Section made{};
    made.sh_type = type;
    made.sh_offset = offset;
    made.sh_size = bytes;
    made.sh_link = link;
    return made;
  }

  uint32_t add(const std::string &text) {
    const auto offset = static_cast<uint32_t>(strings_.size());
    strings_ += text + '\0';
    return offset;
  }

  ElfImage &add_symbol(const std::string &name, uint16_t section_index) {
    Symbol symbol{};
    symbol.st_name = add(name);
    symbol.st_shndx = section_index;
    symbols_.push_back(symbol);
    return *this;
  }

  Header header_ = own_header();
  bool interpreter_ = true;
  std::string strings_ = std::string(1, '\0');
  std::vector<Dynamic> dynamic_;
  std::vector<Symbol> symbols_;
};

}  // namespace wsitrace

#endif
