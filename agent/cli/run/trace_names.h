// SPDX-License-Identifier: MIT
//
// Names of the trace files of one run: a program may have several processes that record, and each gets a file of its own.
//
//   -o out.wsitrace   the first gets out.wsitrace, another one out.4712.wsitrace
//   no -o             PROGRAM.PID.wsitrace in the current directory, for each
//
// A name that is taken, by this run or by a file that is not ours to overwrite, gets a number: out.4712-2.wsitrace. What the
// user named is overwritten.
#ifndef WSITRACE_CLI_RUN_TRACE_NAMES_H
#define WSITRACE_CLI_RUN_TRACE_NAMES_H

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace wsitrace {

class TraceNames {
 public:
  using Exists = std::function<bool(const std::string &path)>;

  // OUTPUT: what the user gave with -o, or empty.
  explicit TraceNames(std::string output, Exists exists = file_exists);

  // The name for the next process that records. PROGRAM comes from the host's memory and may hold anything.
  std::string next(std::string_view program_untrusted, uint32_t pid);
  // What the user named, as it is; the others are ours.
  [[nodiscard]] bool is_given(const std::string &name) const { return name == output_; }

  // Also a link that leads nowhere.
  static bool file_exists(const std::string &path);

 private:
  std::string unused(const std::string &stem, const std::string &extension);

  std::string output_;
  Exists exists_;
  std::set<std::string> used_;
};

// The base name of PROGRAM, with what does not belong into a file name replaced by '_'; "program" when nothing is left.
std::string as_file_name(std::string_view program_untrusted);

}  // namespace wsitrace

#endif
