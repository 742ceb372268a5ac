// SPDX-License-Identifier: MIT
//
// The log of one process as it comes out of its rings: facts, strings, events merged by time, loss. Used by the
// collector on live rings and by read_ring_file() on rings that were left behind; both tell the same.
//
// Order:  tell_facts(), then look() and merge() once each per pass. Between the two nothing new is seen, so a pass ends.
// Merge:  of the rings' next records the oldest goes first; at equal times the one of the lower thread ordinal. A ring
//         that was writing when it was looked at blocks whatever is not older than its last record.
// Trust:  the block and the rings are untrusted (agent/ring/reader.h). An id without a readable text becomes kNoString.
// Threads: one.
#ifndef WSITRACE_COLLECT_PROCESS_LOG_H
#define WSITRACE_COLLECT_PROCESS_LOG_H

#include <memory>
#include <vector>

#include "agent/collect/ring_file.h"
#include "agent/collect/sampled.h"
#include "agent/ring/reader.h"
#include "wsitrace/log.h"

namespace wsitrace {

// What the block says about its process, checked and in UTF-8.
ProcessFacts facts_of(const ProcessBlock &block_untrusted);

class ProcessLog {
 public:
  struct Ring {
    uint32_t index;  // in the ring file
    uint32_t thread;
    uint32_t thread_id;
    bool abandoned = false;  // its thread is gone: nothing is being written, whatever `writing` says
    RingReader reader;
    uint32_t told_running_ms = 0;  // that long its callback ran when that was told last; 0: it was not told
    uint32_t told_since_ms = 0;    // since when, on the clock that hosts read
  };

  ProcessLog(const ProcessBlock &block_untrusted, std::shared_ptr<LogSink> sink);

  void add_ring(const RingFile &file, uint32_t index, RingReader::Mode mode);
  // Tells the facts when they have changed.
  void tell_facts();
  // Looks at all rings. No record with a time of HORIZON_NS or later is believed.
  void look(uint64_t horizon_ns);
  // Hands on what is older than WATERMARK_NS. Returns the number of events.
  size_t merge(uint64_t watermark_ns);
  // Hands on all that look() saw; no writer is left that could bring an older record.
  size_t merge_all();
  // After merge(): tells the callbacks that last, as callback_runs events. Now is NOW_MS on the clock that hosts read, which was behind by
  // at most GAP_MS.
  void tell_lasting(uint32_t now_ms, uint32_t gap_ms);
  // Tells SAMPLER what threads are in, each for FOR_NS; not of those of an older writer, which do not tell.
  void sample(uint64_t for_ns, const CallbackSampler &sampler) const;
  // After merge_all(): what each thread was in when the process ended.
  void tell_last_running(uint32_t now_ms, const End &end);
  // Tells the loss when it has changed. NO_PROCESS: events of this file that were lost for want of a process block.
  void tell_loss(uint64_t no_process);
  void end(End end);

  // Takes a ring out, keeping its counts.
  void retire_ring(size_t at);
  [[nodiscard]] const std::vector<Ring> &rings() const { return rings_; }
  [[nodiscard]] std::vector<Ring> &rings() { return rings_; }
  [[nodiscard]] uint32_t pid() const { return pid_; }
  [[nodiscard]] uint64_t attached_ns() const { return attached_ns_; }
  // When it said goodbye; 0: it did not.
  [[nodiscard]] uint64_t said_goodbye_ns() const { return block_.ended_mono_ns.load(std::memory_order_relaxed); }
  [[nodiscard]] LogSink *sink() const { return sink_.get(); }

 private:
  struct Next {  // a ring's next record
    uint64_t time_ns;
    uint32_t thread;
    uint32_t at;  // in rings_
    bool operator<(const Next &other) const {
      return time_ns != other.time_ns ? time_ns < other.time_ns : thread < other.thread;
    }
    bool operator>(const Next &other) const { return other < *this; }
  };

  size_t merge_before(uint64_t watermark_ns, bool heed_writers);
  void line_up();
  size_t hand_on_run(const Next &first);
  void hand_on(RingReader &reader);
  void bound_by(const Ring &ring);
  void tell_strings();
  bool tell_string(uint32_t index);
  // Nothing: it is not in place yet, or it points outside the table.
  [[nodiscard]] std::optional<std::string> text_of(uint32_t index) const;
  void tell_runs(const Ring &ring, const RingReader::Running &running, uint64_t at_ns, uint32_t lasted_ms);
  void make_known(uint16_t &id);
  [[nodiscard]] bool facts_unchanged() const;
  [[nodiscard]] Loss loss(uint64_t no_process) const;

  const ProcessBlock &block_;
  std::shared_ptr<LogSink> sink_;
  uint32_t pid_;
  uint64_t attached_ns_;
  std::vector<Ring> rings_;
  std::vector<Next> queue_;  // a heap, the oldest first
  uint64_t watermark_ns_ = 0;
  bool heed_writers_ = true;
  std::optional<ProcessFacts> facts_told_;
  std::vector<bool> string_told_;
  uint32_t strings_seen_ = 0;           // entries below were told, unless listed in strings_late_
  std::vector<uint32_t> strings_late_;  // handed out, but not ready when they were looked at
  bool overflow_told_ = false;
  uint64_t retired_events_ = 0, retired_lost_ = 0, retired_damaged_ = 0;
  std::optional<Loss> loss_told_;
};

}  // namespace wsitrace

#endif
