// SPDX-License-Identifier: MIT
//
// Facts, loss and end as the JSON of a trace file's meta and end chunks (agent/ring/FORMAT.md). Used by the trace
// writer and the trace reader.
//
// Trust:  JSON from a file is untrusted: a missing or mistyped value makes the whole chunk unreadable (std::nullopt);
//         unknown keys are ignored, a later version of the same format may add some.
#ifndef WSITRACE_COLLECT_LOG_JSON_H
#define WSITRACE_COLLECT_LOG_JSON_H

#include <optional>
#include <string>
#include <string_view>

#include "wsitrace/log.h"

namespace wsitrace {

struct Meta {
  std::optional<ProcessFacts> process;
  std::optional<Loss> loss;
};

std::string json_of(const ProcessFacts &);
std::string json_of(const Loss &);
std::string json_of(const End &);
std::optional<Meta> meta_from_json(std::string_view text_untrusted);
std::optional<End> end_from_json(std::string_view text_untrusted);

// TEXT with every byte that is not UTF-8 replaced by U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace wsitrace

#endif
