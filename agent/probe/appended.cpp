// SPDX-License-Identifier: MIT
#include "agent/probe/appended.h"

#include <string_view>

#include "agent/probe/errno_guard.h"
#include "agent/probe/facts.h"
#include "agent/probe/probe.h"
#include "agent/probe/record.h"
#include "wsitrace/event.h"

namespace wsitrace {

void note_appended(lws *wsi, const unsigned char *before, const unsigned char *after) noexcept {
  constexpr std::string_view kLineEnd = "\r\n", kEmptyLine = "\r\n\r\n";
  if (after <= before || !is_on() || is_stream(wsi)) return;  // HTTP/2 has no lines
  const std::string_view added(reinterpret_cast<const char *>(before), static_cast<size_t>(after - before));
  int odd = 0;
  if (!added.ends_with(kLineEnd)) odd |= kHeadLineOpen;
  if (added.starts_with(kLineEnd) || added.find(kEmptyLine) != std::string_view::npos) odd |= kHeadEndsEarly;
  if (odd == 0) [[likely]]
    return;
  const ErrnoGuard guard;
  record_about(k_head_written, wsi, odd, nullptr);
}

}  // namespace wsitrace
