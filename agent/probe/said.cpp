// SPDX-License-Identifier: MIT
#include "agent/probe/said.h"

#include <libwebsockets.h>

#include "agent/lws/line_index.h"
#include "agent/probe/errno_guard.h"
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

[[gnu::noinline]] void record_line(const KnownLine &line, Arguments &arguments) noexcept {
  const ErrnoGuard guard;
  const Facts facts = facts_of(line, arguments);
  record_said(facts.wsi, said_value(line.said, facts.number), facts.text, facts.error, facts.is_literal);
}

}  // namespace

void note_not_made(bool is_context) noexcept {
  const ErrnoGuard guard;
  record_said(nullptr, said_value(is_context ? Said::kContextNotMade : Said::kVhostNotMade, 0), nullptr, 0, true);
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
