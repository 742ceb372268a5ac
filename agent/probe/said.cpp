// SPDX-License-Identifier: MIT
#include "agent/probe/said.h"

#include <libwebsockets.h>

#include "agent/base/clock.h"
#include "agent/lws/line_index.h"
#include "agent/lws/said.h"
#include "agent/probe/errno_guard.h"
#include "agent/probe/host_state.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"

namespace wsitrace {
namespace {

// A va_list may be an array, which a function takes as a pointer: hence the structure around it.
struct Arguments {
  va_list list;
};

struct Facts {
  const void *wsi = nullptr;
  unsigned number = 0;
  uint8_t error = 0;
  const char *text = nullptr;
  bool is_literal = true;
  const void *skipped = nullptr;
};

Facts facts_of(const KnownLine &line, Arguments &arguments) noexcept {
  Facts out{.text = line.begins};
  for (const char *letter = line.arguments; *letter != '\0'; ++letter) {
    switch (*letter) {
      case 'w': out.wsi = va_arg(arguments.list, void *); break;
      case 't': out.text = va_arg(arguments.list, const char *); break;
      case 's':
        out.text = va_arg(arguments.list, const char *);
        out.is_literal = false;
        break;
      case 'n': out.number = va_arg(arguments.list, unsigned); break;
      case 'e': out.error = static_cast<uint8_t>(va_arg(arguments.list, int)); break;
      case 'p': out.skipped = va_arg(arguments.list, void *); break;
      default: static_cast<void>(va_arg(arguments.list, int)); break;
    }
  }
  return out;
}

static_assert(kSaids <= kLineKinds);

LinesSaid &lines_of(Said said) noexcept { return host_state().lines[static_cast<size_t>(said)]; }

// Two threads at a time may take the same one.
bool is_within_budget(Said said) noexcept {
  const LineBudget budget = budget_of(said);
  std::atomic<uint64_t> &spent = lines_of(said).spent_until_ns;
  const uint64_t now_ns = monotonic_ns(), until_ns = spent.load(std::memory_order_relaxed);
  const uint64_t next_ns = (until_ns > now_ns ? until_ns : now_ns) + budget.interval_ns;
  if (next_ns - now_ns > budget.interval_ns * budget.at_once) return false;
  spent.store(next_ns, std::memory_order_relaxed);
  return true;
}

void tell_left_out(Said said) noexcept {
  std::atomic<uint32_t> &left_out = lines_of(said).left_out;
  if (left_out.load(std::memory_order_relaxed) == 0) return;
  const uint32_t lines = left_out.exchange(0, std::memory_order_relaxed);
  const unsigned told = lines < kMaxSaidNumber ? lines : kMaxSaidNumber;
  if (lines > told) left_out.fetch_add(lines - told, std::memory_order_relaxed);
  if (told != 0) record_said(nullptr, said_value(Said::kLeftOut, told), nullptr, static_cast<uint8_t>(said), true);
}

[[gnu::noinline]] void record_line(const KnownLine &line, Arguments &arguments) noexcept {
  const ErrnoGuard guard;
  if (host_is_set_up()) {
    if (!is_within_budget(line.said)) {
      lines_of(line.said).left_out.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    tell_left_out(line.said);
  }
  const Facts facts = facts_of(line, arguments);
  record_said(facts.wsi, said_value(line.said, facts.number), facts.text, facts.error, facts.is_literal);
}

}  // namespace

void note_not_made(bool is_context) noexcept {
  const ErrnoGuard guard;
  record_said(nullptr, said_value(is_context ? Said::kContextNotMade : Said::kVhostNotMade, 0), nullptr, 0, true);
}

void record_lines_left_out() noexcept {
  if (!is_on() || !is_attached()) return;
  const ErrnoGuard guard;
  for (size_t i = 0; i < kSaids; ++i) tell_left_out(static_cast<Said>(i));
}

bool note_line(int level, const char *format, va_list arguments) noexcept {
  if ((level & (LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO)) == 0 || format == nullptr) return false;
  const KnownLine *line = find_line(format);
  if (line == nullptr) return false;
  Arguments copy;
  va_copy(copy.list, arguments);
  record_line(*line, copy);
  va_end(copy.list);
  return true;
}

}  // namespace wsitrace
