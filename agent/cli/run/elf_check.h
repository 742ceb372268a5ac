// SPDX-License-Identifier: MIT
//
// What an executable file says about whether a preloaded library can observe libwebsockets in it. Called before the program
// is started; the answers are used afterwards, to say why nothing was recorded.
//
// Trust:  the file may be anything. Every offset is checked against its size, every loop is bounded by it.
// Source: elf(5), ld.so(8) (what the loader ignores in secure-execution mode).
#ifndef WSITRACE_CLI_RUN_ELF_CHECK_H
#define WSITRACE_CLI_RUN_ELF_CHECK_H

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/expected.h"

namespace wsitrace {

struct ElfFacts {
  bool elf = false;                 // false: a script or something else; the rest says nothing then
  bool native = false;              // same class, byte order and machine as this program
  bool dynamic = false;             // it has an interpreter (PT_INTERP), which honours LD_PRELOAD
  std::vector<std::string> needed;  // DT_NEEDED

  [[nodiscard]] bool needs_lws() const;  // links libwebsockets dynamically
};

enum class OwnLws {
  kNone,
  kNamed,    // "lws_create_context" stands somewhere in it: linked statically and stripped, or looked up by name
  kDefined,  // lws_create_context is a symbol of its own: linked statically
};

// IMAGE is the whole file. A damaged file gives what could be read of it. The first reads a few pages, the second all.
ElfFacts inspect_elf(std::span<const std::byte> image_untrusted);
OwnLws find_own_lws(std::span<const std::byte> image_untrusted);

struct ProgramFacts {
  std::string path;
  bool secure = false;  // runs with more rights than its caller: the loader drops LD_PRELOAD
  ElfFacts elf;
};

// Where execvp(3) would find PROGRAM; nothing if it would not.
std::optional<std::string> find_program(const std::string &program, const char *search_path);
Expected<ProgramFacts> inspect_program(const std::string &path);
OwnLws find_own_lws_in(const std::string &path);
// Whether the answer to that is kDefined. Reads the symbols only.
bool defines_lws(const std::string &path);

}  // namespace wsitrace

#endif
