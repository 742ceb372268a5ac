// SPDX-License-Identifier: MIT
#include "agent/symbols/symbols.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "agent/base/source_root.h"

namespace wsitrace {
namespace {

// The files named are the ones to look into, and no other.
int find_named_file(Dwfl_Module *, void **, const char *, Dwarf_Addr, char **, Elf **) { return -1; }

const Dwfl_Callbacks &callbacks() {
  static char *no_debug_path = nullptr;  // the default one: beside the file, .debug, /usr/lib/debug
  static const Dwfl_Callbacks callbacks = {find_named_file, dwfl_standard_find_debuginfo, dwfl_offline_section_address,
                                           &no_debug_path};
  return callbacks;
}

std::string demangled(const char *name) {
  int status = 0;
  char *text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string result = status == 0 && text != nullptr ? text : name;
  std::free(text);
  return result;
}

std::string hex_of(const unsigned char *bytes, int count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

bool is_the_same_file(Dwfl_Module *file, const Module &module) {
  const unsigned char *bits = nullptr;
  GElf_Addr where = 0;
  const int bytes = dwfl_module_build_id(file, &bits, &where);
  return bytes <= 0 ? module.build_id.empty() : hex_of(bits, bytes) == module.build_id;
}

std::string name_of(Dwarf_Die *die) {
  Dwarf_Attribute attribute;
  for (const unsigned wanted : {DW_AT_linkage_name, DW_AT_name})
    if (dwarf_attr_integrate(die, wanted, &attribute) != nullptr)
      if (const char *name = dwarf_formstring(&attribute)) return demangled(name);
  return {};
}

// The folder in which the compiler ran; relative names of files are seen from there.
std::string directory_of(Dwarf_Die *unit) {
  Dwarf_Attribute attribute;
  const char *directory = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
  return directory != nullptr ? directory : "";
}

// Where the function that DIE was inlined into called it.
void take_call_site(Dwarf_Die *unit, Dwarf_Die *die, Frame &frame) {
  Dwarf_Attribute attribute;
  Dwarf_Word file = 0, line = 0;
  Dwarf_Files *files = nullptr;
  if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) != 0 ||
      dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) != 0 ||
      dwarf_getsrcfiles(unit, &files, nullptr) != 0)
    return;
  const char *path = dwarf_filesrc(files, file, nullptr, nullptr);
  frame.file = path != nullptr ? source_path(directory_of(unit), path) : "";
  frame.line = static_cast<int>(line);
}

// The calls at ADDRESS that the compiler has put in place, innermost first; the last frame, FUNCTION itself, contains them all.
Frames inlined_at(Dwfl_Module *file, uint64_t address, Frame function) {
  Frames frames;
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = dwfl_module_addrdie(file, address, &bias);
  Dwarf_Die *scopes = nullptr;
  const int count = unit != nullptr ? dwarf_getscopes(unit, address - bias, &scopes) : 0;
  for (int i = 0; i < count; ++i) {
    if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram) {  // without a compiler's suffix, as the symbol table has it
      if (const std::string name = name_of(&scopes[i]); !name.empty()) function.function = name;
      break;
    }
    if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine) continue;
    Frame &inner = frames.emplace_back(function);
    inner.function = name_of(&scopes[i]);
    take_call_site(unit, &scopes[i], function);
  }
  std::free(scopes);
  frames.push_back(std::move(function));
  return frames;
}

// Where the function at ADDRESS is declared: the line table begins with its first statement.
void take_declaration(Dwfl_Module *file, uint64_t address, Frame &frame) {
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = dwfl_module_addrdie(file, address, &bias);
  Dwarf_Die *scopes = nullptr;
  const int count = unit != nullptr ? dwarf_getscopes(unit, address - bias, &scopes) : 0;
  for (int i = 0; i < count; ++i) {
    if (dwarf_tag(&scopes[i]) != DW_TAG_subprogram) continue;
    const char *path = dwarf_decl_file(&scopes[i]);
    int line = 0;
    if (path != nullptr && dwarf_decl_line(&scopes[i], &line) == 0) {
      frame.file = source_path(directory_of(unit), path);
      frame.line = line;
    }
    break;
  }
  std::free(scopes);
}

// ADDRESS belongs to the call: a return address may be that of the next line, or of the next function.
Frames named(Dwfl_Module *file, uint64_t address, Frame frame) {
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char *function = dwfl_module_addrinfo(file, address, &offset, &symbol, nullptr, nullptr, nullptr);
  if (function != nullptr) frame.function = demangled(function);
  Dwfl_Line *line = dwfl_module_getsrc(file, address);
  const char *source = line != nullptr ? dwfl_lineinfo(line, nullptr, &frame.line, nullptr, nullptr, nullptr) : nullptr;
  if (source != nullptr) {
    const char *directory = dwfl_line_comp_dir(line);
    frame.file = source_path(directory != nullptr ? directory : "", source);
  }
  if (function != nullptr && offset == 0) {  // it is asked for by its own address: nothing has returned to there
    take_declaration(file, address, frame);
    return {frame};
  }
  return inlined_at(file, address, std::move(frame));
}

}  // namespace

struct Symbols::State {
  explicit State(const std::vector<Module> &all) : modules(all) {}
  ~State() {
    for (Dwfl *dwfl : opened) dwfl_end(dwfl);
  }

  // The one mapped last where several were.
  std::optional<size_t> module_at(uint64_t address) const {
    for (size_t i = modules.size(); i-- > 0;)
      if (address >= modules[i].start && address < modules[i].end) return i;
    return std::nullopt;
  }

  // nullptr: not there, not readable, or another file than it was. One Dwfl for each: places may overlap.
  Dwfl_Module *file_of(size_t index) {
    const auto [entry, fresh] = files.try_emplace(index, nullptr);
    if (!fresh) return entry->second;
    Dwfl *dwfl = opened.emplace_back(dwfl_begin(&callbacks()));
    if (dwfl == nullptr) return nullptr;
    const Module &module = modules[index];
    dwfl_report_begin(dwfl);
    Dwfl_Module *file =
        dwfl_report_elf(dwfl, module.path.c_str(), module.path.c_str(), -1, static_cast<GElf_Addr>(module.bias), true);
    dwfl_report_end(dwfl, nullptr, nullptr);
    if (file != nullptr && is_the_same_file(file, module)) entry->second = file;
    return entry->second;
  }

  Frames frames_at(uint64_t address) {
    Frame frame;
    frame.address = address;
    const uint64_t call = address - 1;
    const auto index = module_at(call);
    if (!index) return {frame};
    frame.module = modules[*index].path;
    frame.offset = address - modules[*index].bias;
    Dwfl_Module *file = file_of(*index);
    return file != nullptr ? named(file, call, std::move(frame)) : Frames{frame};
  }

  const std::vector<Module> &modules;
  std::vector<Dwfl *> opened;
  std::map<size_t, Dwfl_Module *> files;  // by index of the module
};

Symbols::Symbols(const std::vector<Module> &modules) : state_(std::make_unique<State>(modules)) {}
Symbols::~Symbols() = default;

Frames Symbols::frames_of(const Stack &stack) {
  Frames frames;
  frames.reserve(stack.size());
  for (const uint64_t address : stack)
    for (Frame &frame : state_->frames_at(address)) frames.push_back(std::move(frame));
  return frames;
}

}  // namespace wsitrace
