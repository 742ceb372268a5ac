// SPDX-License-Identifier: MIT
#include "agent/export/prometheus/capped_names.h"

#include <algorithm>

namespace wsitrace {
namespace {

bool continues(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// Length of the well-formed sequence at the start of TEXT, 0 when there is none (RFC 3629, section 4).
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      if (!continues(static_cast<unsigned char>(byte(i)))) return false;
    }
    return true;
  };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(1, 2) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second > 0x9f;
    return !overlong && !surrogate && tail(1, 3) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool outside = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return !outside && tail(1, 4) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string to_utf8(std::string_view name_untrusted) {
  std::string text;
  while (!name_untrusted.empty()) {
    const size_t length = sequence_length(name_untrusted);
    if (length == 0) {
      text += '?';
    } else {
      text += name_untrusted.substr(0, length);
    }
    name_untrusted.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::optional<size_t> CappedNames::find(std::string_view shown) const {
  const auto found = std::find_if(shown_.begin(), shown_.end(), [&](const std::string &name) {
    return name.size() == shown.size() && name == shown;
  });
  if (found != shown_.end()) return static_cast<size_t>(found - shown_.begin());
  if (shown == kOverflowName) return kOverflow;
  return std::nullopt;
}

size_t CappedNames::index_of(std::string_view name_untrusted) {
  if (recent_ < shown_.size() && shown_[recent_] == name_untrusted) return recent_;
  if (const auto index = find(name_untrusted)) return recent_ = *index;
  const std::string name = name_untrusted.empty() ? "unknown" : to_utf8(name_untrusted);
  if (const auto index = find(name)) return *index;
  if (shown_.size() == kMaxNames) return kOverflow;
  shown_.push_back(name);
  return shown_.size() - 1;
}

std::string CappedNames::shown(size_t index) const {
  return index < shown_.size() ? shown_[index] : std::string(kOverflowName);
}

}  // namespace wsitrace
