# SPDX-License-Identifier: MIT
# cmake -DPAGES=FOLDER -DTABLE=FILE -P EmbedPages.cmake: writes the pages FOLDER/NAME.md, but README.md, as the table that
# agent/manual/cause_pages.h declares.
file(GLOB pages "${PAGES}/*.md")
list(FILTER pages EXCLUDE REGEX "/README\\.md$")
set(rows "")
foreach(page IN LISTS pages)
  get_filename_component(name "${page}" NAME_WE)
  file(READ "${page}" text)
  string(APPEND rows "    {\"${name}\", R\"page(${text})page\"},\n")
endforeach()
list(LENGTH pages count)
file(WRITE "${TABLE}" "// Made by deploy/cmake/EmbedPages.cmake.
#include <array>

#include \"agent/manual/cause_pages.h\"

namespace wsitrace {
namespace {

constexpr std::array<CausePage, ${count}> kPages{{
${rows}}};

}  // namespace

std::span<const CausePage> cause_pages() { return kPages; }

}  // namespace wsitrace
")
