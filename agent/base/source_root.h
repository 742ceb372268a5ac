// SPDX-License-Identifier: MIT
//
// The folder that holds the sources of a program: formats for code review name the files below it by their path from there.
#ifndef WSITRACE_BASE_SOURCE_ROOT_H
#define WSITRACE_BASE_SOURCE_ROOT_H

#include <optional>
#include <string>
#include <string_view>

namespace wsitrace {

class SourceRoot {
 public:
  // $GITHUB_WORKSPACE, else the current directory.
  static SourceRoot of_environment();

  // FOLDER: absolute. Empty: no file lies below it.
  explicit SourceRoot(std::string_view folder = {});

  [[nodiscard]] const std::string &folder() const { return folder_; }
  // "src/client.c" for FILE below the folder. One that is relative already (-ffile-prefix-map; those of the C library are) has to be there.
  [[nodiscard]] std::optional<std::string> path_from_here(std::string_view file_untrusted) const;

 private:
  std::string folder_;  // absolute and normal, without a slash at its end; "/" is "/"
};

// As debug information names a file: FILE, seen from the compiler's DIRECTORY, without "." and "..". Nothing is looked up on disk.
std::string source_path(std::string_view directory_untrusted, std::string_view file_untrusted);

}  // namespace wsitrace

#endif
