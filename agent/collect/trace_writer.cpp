// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "agent/base/fd.h"
#include "agent/base/file_limit.h"
#include "agent/base/output_file.h"
#include "agent/collect/log_json.h"
#include "agent/collect/trace_writer.h"
#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

constexpr const char *kTraceWrite = "trace_write";

// All of it or an error number.
int write_all(int fd, iovec *parts, int count) {
  while (count > 0) {
    const ssize_t written = ::writev(fd, parts, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    auto left = static_cast<size_t>(written);
    for (; count > 0 && left >= parts->iov_len; ++parts, --count) left -= parts->iov_len;
    if (count == 0) break;
    parts->iov_base = static_cast<char *>(parts->iov_base) + left;
    parts->iov_len -= left;
  }
  return 0;
}

int write_all(int fd, const void *bytes, size_t length) {
  iovec part{const_cast<void *>(bytes), length};
  return write_all(fd, &part, 1);
}

}  // namespace

struct TraceWriter::State {
  std::string path;
  Fd fd;
  bool is_regular = false;
  uint32_t sequence = 0;
  uint64_t file_bytes = 0;  // of whole chunks
  std::vector<std::byte> strings, events;
  uint64_t events_waiting = 0;  // in `events`, gaps not counted
  uint64_t events_refused = 0;  // since a write failed
  Loss loss;
  bool loss_changed = false;
  std::optional<Error> error;

  int put_chunk(ChunkType type, const void *payload, size_t bytes);
  void fail(int error_number);
  void write_events();
  void write_text(ChunkType type, const std::string &text);
  void write_loss();
  [[nodiscard]] Loss loss_of_file() const;
};

int TraceWriter::State::put_chunk(ChunkType type, const void *payload, size_t bytes) {
  ChunkHeader header{type, static_cast<uint32_t>(bytes), 0, sequence};
  uLong crc = crc32(0, reinterpret_cast<const Bytef *>(&header), sizeof header);
  crc = crc32(crc, static_cast<const Bytef *>(payload), static_cast<uInt>(bytes));
  header.crc32 = static_cast<uint32_t>(crc);
  iovec parts[] = {{&header, sizeof header}, {const_cast<void *>(payload), bytes}};
  if (is_regular && !may_grow_to(file_bytes + sizeof header + bytes)) return EFBIG;
  const int failed = write_all(fd.get(), parts, 2);
  if (failed != 0) return failed;
  ++sequence;
  file_bytes += sizeof header + bytes;
  return 0;
}

// Cuts the chunk that did not fit off again, so that what is there stays readable.
void TraceWriter::State::fail(int error_number) {
  const std::string hint = error_number == EFBIG ? kFileLimitHint : "make room";
  error = system_error(path, error_number, "the trace ends here; " + hint + " and record again");
  if (!is_regular) return;
  const auto end = static_cast<off_t>(file_bytes);
  if (::ftruncate(fd.get(), end) == 0) ::lseek(fd.get(), end, SEEK_SET);
}

void TraceWriter::State::write_events() {
  int failed = 0;
  if (!error && !strings.empty()) failed = put_chunk(kStringsChunk, strings.data(), strings.size());
  if (!error && failed == 0 && !events.empty()) failed = put_chunk(kEventsChunk, events.data(), events.size());
  if (failed != 0) fail(failed);
  if (error) events_refused += events_waiting;
  strings.clear();
  events.clear();
  events_waiting = 0;
}

void TraceWriter::State::write_text(ChunkType type, const std::string &text) {
  write_events();
  if (error || text.size() > kMaxChunkBytes) return;
  if (const int failed = put_chunk(type, text.data(), text.size())) fail(failed);
}

Loss TraceWriter::State::loss_of_file() const {
  Loss of_file = loss;
  if (events_refused == 0) return of_file;
  of_file.recorded -= std::min(of_file.recorded, events_refused);
  of_file.lost += events_refused;
  of_file.by_cause[kTraceWrite] += events_refused;
  return of_file;
}

void TraceWriter::State::write_loss() {
  if (std::exchange(loss_changed, false)) write_text(kMetaChunk, json_of(loss_of_file()));
}

Expected<std::shared_ptr<TraceWriter>> TraceWriter::create(const std::string &path, uint64_t session) {
  auto fd = open_output(path, kTraceMode);
  if (fd) return begin(std::move(*fd), path, session);
  Error error = fd.error();
  error.hint += " with -o";
  return unexpected(error);
}

Expected<std::shared_ptr<TraceWriter>> TraceWriter::create_new(int directory, const std::string &path,
                                                               uint64_t session) {
  auto fd = make_file(directory, directory == AT_FDCWD ? path : path.substr(path.rfind('/') + 1), kTraceMode);
  if (fd) return begin(std::move(*fd), path, session);
  return unexpected(Error{path, fd.error().why, fd.error().hint});
}

Expected<std::shared_ptr<TraceWriter>> TraceWriter::begin(Fd fd, const std::string &path, uint64_t session) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->fd = std::move(fd);
  struct stat facts {};
  if (::fstat(state->fd.get(), &facts) != 0) return unexpected(system_error(path, errno));
  state->is_regular = S_ISREG(facts.st_mode);
  if (state->is_regular && ::flock(state->fd.get(), LOCK_EX | LOCK_NB) != 0)
    return unexpected(Error{path, "another wsitrace is writing it", "choose another file with -o"});
  if (state->is_regular && ::ftruncate(state->fd.get(), 0) != 0) return unexpected(system_error(path, errno, {}));
  TraceHeader header{};
  std::memcpy(header.magic, kTraceMagic, sizeof kTraceMagic);
  header.version = kTraceVersion;
  header.header_bytes = sizeof header;
  header.session = session;
  if (state->is_regular && !may_grow_to(sizeof header)) return unexpected(system_error(path, EFBIG, kFileLimitHint));
  if (const int failed = write_all(state->fd.get(), &header, sizeof header))
    return unexpected(system_error(path, failed, "make room on the disk"));
  state->file_bytes = sizeof header;
  state->events.reserve(kMaxChunkBytes);
  return std::shared_ptr<TraceWriter>(new TraceWriter(std::move(state)));
}

TraceWriter::TraceWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

TraceWriter::~TraceWriter() { flush(); }

void TraceWriter::on_process(const ProcessFacts &facts) { state_->write_text(kMetaChunk, json_of(facts)); }

void TraceWriter::on_string(uint16_t id, std::string_view text) {
  auto &to = state_->strings;
  const uint16_t entry[] = {id, static_cast<uint16_t>(std::min<size_t>(text.size(), UINT16_MAX))};
  if (to.size() + sizeof entry + entry[1] > kMaxChunkBytes) state_->write_events();
  const auto *head = reinterpret_cast<const std::byte *>(entry);
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  to.insert(to.end(), head, head + sizeof entry);
  to.insert(to.end(), bytes, bytes + entry[1]);
}

void TraceWriter::on_event(const Event &event, std::span<const std::byte> items) {
  State &state = *state_;
  const size_t item_bytes = std::min(items.size(), kMaxItemBytes);
  const size_t extra = (item_bytes + kSlotBytes - 1) / kSlotBytes;
  const size_t at = state.events.size();
  const size_t bytes = (1 + extra) * kSlotBytes;
  if (at + bytes > kMaxChunkBytes) {
    state.write_events();
    return on_event(event, items);
  }
  Event slot = event;
  slot.extra = static_cast<uint8_t>(extra);
  const auto *head = reinterpret_cast<const std::byte *>(&slot);
  state.events.insert(state.events.end(), head, head + sizeof slot);
  if (item_bytes != 0)
    state.events.insert(state.events.end(), items.begin(), items.begin() + static_cast<std::ptrdiff_t>(item_bytes));
  if (extra * kSlotBytes != item_bytes) state.events.resize(at + bytes);
  state.events_waiting += is_counted(event.kind);
}

void TraceWriter::on_loss(const Loss &loss) {
  state_->loss = loss;
  state_->loss_changed = true;
}

// After a failed write there may be room again for a last word: what was lost, and how the process ended.
void TraceWriter::on_end(const End &end) {
  State &state = *state_;
  state.write_events();
  const auto failure = std::exchange(state.error, std::nullopt);
  state.loss_changed |= failure.has_value();
  state.write_loss();
  state.write_text(kEndChunk, json_of(end));
  if (failure) state.error = failure;
  state.fd.reset();
}

void TraceWriter::flush() {
  if (!state_->fd.valid()) return;
  state_->write_events();
  state_->write_loss();
}

const Error *TraceWriter::error() const { return state_->error ? &*state_->error : nullptr; }

}  // namespace wsitrace
