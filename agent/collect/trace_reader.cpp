// SPDX-License-Identifier: MIT
#include "agent/collect/trace_reader.h"

#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "agent/collect/log_json.h"

namespace wsitrace {
namespace {

constexpr uint32_t kMaxHeaderBytes = kPageBytes;

std::string_view text_of(const std::vector<std::byte> &bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

}  // namespace

Expected<void> TraceReader::read() {
  if (offset_ == 0)
    if (auto header = read_header(); !header) return header;
  cut_off_.reset();
  bool final = false;  // nobody can make the file longer any more
  while (!ended_) {
    const auto got = read_chunk();
    if (!got) return unexpected(got.error());
    if (*got == Got::kChunk) {
      if (auto told = tell_chunk(); !told) return told;
      continue;
    }
    if (final) {
      cut_off_ = Error{path_, "cut off after " + events_text(), "what precedes is intact"};
      return {};
    }
    if (is_being_written()) return {};
    final = true;  // the writer may have finished between the read and the look at the lock
  }
  return finish();
}

Expected<void> TraceReader::read_header() {
  TraceHeader header{};
  const auto got = read_at(0, std::as_writable_bytes(std::span(&header, 1)));
  if (!got) return unexpected(got.error());
  if (*got < sizeof header) return unexpected(Error{path_, "cut off within its header", "nothing was recorded in it"});
  if (header.version != kTraceVersion)
    return unexpected(Error{
        path_,
        "trace of version " + std::to_string(header.version) + ", this wsitrace reads " + std::to_string(kTraceVersion),
        "use the wsitrace that wrote it, or a later one"});
  if (header.header_bytes < sizeof header || header.header_bytes > kMaxHeaderBytes) return damaged("its header");
  offset_ = header.header_bytes;
  return {};
}

Expected<TraceReader::Got> TraceReader::read_chunk() {
  auto got = read_at(offset_, std::as_writable_bytes(std::span(&chunk_, 1)));
  if (!got) return unexpected(got.error());
  if (*got < sizeof chunk_) return Got::kIncomplete;
  if (chunk_.bytes > kMaxChunkBytes || chunk_.sequence != sequence_) return damaged("a chunk's header");
  payload_.resize(chunk_.bytes);
  got = read_at(offset_ + sizeof chunk_, payload_);
  if (!got) return unexpected(got.error());
  if (*got < payload_.size()) return Got::kIncomplete;
  if (!checksum_is_right()) return damaged("a chunk's checksum");
  offset_ += sizeof chunk_ + payload_.size();
  ++sequence_;
  return Got::kChunk;
}

bool TraceReader::checksum_is_right() const {
  ChunkHeader header = chunk_;
  header.crc32 = 0;
  uLong crc = crc32(0, reinterpret_cast<const Bytef *>(&header), sizeof header);
  crc = crc32(crc, reinterpret_cast<const Bytef *>(payload_.data()), static_cast<uInt>(payload_.size()));
  return static_cast<uint32_t>(crc) == chunk_.crc32;
}

Expected<void> TraceReader::tell_chunk() {
  switch (chunk_.type) {
    case kMetaChunk:
      if (tell_meta()) return {};
      return damaged("a meta chunk");
    case kStringsChunk:
      if (tell_strings()) return {};
      return damaged("a strings chunk");
    case kEventsChunk:
      if (tell_events()) return {};
      return damaged("an events chunk");
    case kEndChunk:
      if (tell_end()) return {};
      return damaged("the end chunk");
    default: return damaged("a chunk's type");
  }
}

bool TraceReader::tell_meta() {
  const auto meta = meta_from_json(text_of(payload_));
  if (!meta) return false;
  if (meta->process) sink_.on_process(*meta->process);
  if (meta->loss) sink_.on_loss(*meta->loss);
  return true;
}

bool TraceReader::tell_strings() {
  std::string_view left = text_of(payload_);
  while (!left.empty()) {
    uint16_t entry[2];  // id, length
    if (left.size() < sizeof entry) return false;
    std::memcpy(entry, left.data(), sizeof entry);
    left.remove_prefix(sizeof entry);
    if (entry[0] == kNoString || left.size() < entry[1]) return false;
    sink_.on_string(entry[0], left.substr(0, entry[1]));
    left.remove_prefix(entry[1]);
  }
  return true;
}

bool TraceReader::tell_events() {
  std::span<const std::byte> left = payload_;
  while (!left.empty()) {
    Event event;
    if (left.size() < sizeof event) return false;
    std::memcpy(&event, left.data(), sizeof event);
    const size_t item_bytes = event.extra * kSlotBytes;
    if (event.extra > kMaxExtraSlots || left.size() < sizeof event + item_bytes) return false;
    sink_.on_event(event, left.subspan(sizeof event, item_bytes));
    ++events_;
    left = left.subspan(sizeof event + item_bytes);
  }
  return true;
}

bool TraceReader::tell_end() {
  const auto end = end_from_json(text_of(payload_));
  if (!end) return false;
  sink_.on_end(*end);
  ended_ = true;
  return true;
}

Expected<void> TraceReader::finish() {
  std::byte more[1];
  const auto got = read_at(offset_, more);
  if (!got) return unexpected(got.error());
  if (*got != 0) return damaged("something follows its end, which");
  return {};
}

// The writer holds its lock for as long as it lives.
bool TraceReader::is_being_written() {
  if (::flock(fd_, LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(fd_, LOCK_UN);
  return false;
}

// As many bytes as there are.
Expected<size_t> TraceReader::read_at(uint64_t offset, std::span<std::byte> to) const {
  size_t done = 0;
  while (done < to.size()) {
    const ssize_t got = ::pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unexpected(system_error(path_, errno));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

tl::unexpected<Error> TraceReader::damaged(const char *what) const {
  return unexpected(
      Error{path_, "damaged after " + events_text() + ": " + what + " is wrong", "what precedes is intact"});
}

}  // namespace wsitrace
