// SPDX-License-Identifier: MIT
//
// Reads a trace file chunk by chunk and tells it to a LogSink. Used by read_log().
//
// Trust:  the file is untrusted. A chunk is told only when its checksum, sequence, type and every record in it are right;
//         the first one that is not ends the reading with an Error.
// Live:   a file that ends within a chunk, or without an end chunk, goes on while its writer holds the lock. Without a writer it
//         was cut off: no error, for what precedes is intact, but cut_off() says so.
// Memory: one chunk, at most kMaxChunkBytes.
// Source: include/wsitrace/layout.h, agent/ring/FORMAT.md.
#ifndef WSITRACE_COLLECT_TRACE_READER_H
#define WSITRACE_COLLECT_TRACE_READER_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/base/expected.h"
#include "wsitrace/layout.h"
#include "wsitrace/log.h"

namespace wsitrace {

class TraceReader {
 public:
  // FD stays the caller's; PATH is for messages.
  TraceReader(int fd, std::string path, LogSink &sink) : fd_(fd), path_(std::move(path)), sink_(sink) {}

  // Tells what there is. Of a trace that is still being written: call it again, and it tells what has come since.
  Expected<void> read();
  [[nodiscard]] bool ended() const { return ended_; }
  // After read(): the file has no end, and nobody will write one.
  [[nodiscard]] const std::optional<Error> &cut_off() const { return cut_off_; }

 private:
  enum class Got { kChunk, kIncomplete };

  Expected<void> read_header();
  Expected<Got> read_chunk();
  Expected<void> tell_chunk();
  Expected<void> finish();
  bool tell_meta();
  bool tell_strings();
  bool tell_events();
  bool tell_end();
  bool is_being_written();
  [[nodiscard]] bool checksum_is_right() const;
  [[nodiscard]] Expected<size_t> read_at(uint64_t offset, std::span<std::byte> to) const;
  [[nodiscard]] tl::unexpected<Error> damaged(const char *what) const;
  [[nodiscard]] std::string events_text() const {
    return std::to_string(events_) + (events_ == 1 ? " event" : " events");
  }

  int fd_;
  std::string path_;
  LogSink &sink_;
  uint64_t offset_ = 0;  // of the next chunk
  uint32_t sequence_ = 0;
  uint64_t events_ = 0;
  bool ended_ = false;
  std::optional<Error> cut_off_;
  ChunkHeader chunk_{};
  std::vector<std::byte> payload_;
};

}  // namespace wsitrace

#endif
