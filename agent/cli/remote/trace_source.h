// SPDX-License-Identifier: MIT
//
// The FILE of a command that reads a trace: a path, or the URL of a live wsitrace. What a URL serves as api/trace is copied into a file
// without a name first, and read like any other trace that is still being written.
//
// URLs:   http(s)://HOST:PORT[/MOUNT][/PID]. PID chooses among the processes of an agent, or of a program that forks. A password in it
//         is refused: a URL is shown wherever a path would be.
// Trust:  none. The answer is read as any trace is; what an error says is made printable. No redirect is followed, no proxy asked.
// Limits: kConnectS to connect, kSilentS without a byte, kMostBytes.
// Errors: "URL: why (hint)", one line.
#ifndef WSITRACE_CLI_REMOTE_TRACE_SOURCE_H
#define WSITRACE_CLI_REMOTE_TRACE_SOURCE_H

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "agent/base/expected.h"
#include "agent/base/spool.h"

namespace wsitrace {

// What the server of a URL may ask for: `run --serve` and the agent have options of the same names for their side.
struct RemoteAccess {
  std::string token_file;
  std::string tls_ca, tls_cert, tls_key;
};

class TraceSource {
 public:
  static constexpr long kConnectS = 5;
  static constexpr long kSilentS = 30;
  static constexpr uint64_t kMostBytes = uint64_t{16} << 30;

  // Of a path nothing is looked at; of a URL the trace is copied.
  static Expected<TraceSource> open(const std::string &given, const RemoteAccess &access);

  // What to read, as long as this lives.
  [[nodiscard]] const std::string &path() const { return path_; }
  [[nodiscard]] bool is_remote() const { return copy_.has_value(); }

 private:
  explicit TraceSource(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::optional<Spool> copy_;
};

// The options of ACCESS, for a command that opens a TraceSource.
void add_access_options(CLI::App &command, RemoteAccess &access);

// Of the URL of a live wsitrace the URL of the trace: what stands at its end and is a number is a PID.
Expected<std::string> trace_url(const std::string &url);

}  // namespace wsitrace

#endif
