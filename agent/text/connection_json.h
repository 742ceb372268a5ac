// SPDX-License-Identifier: MIT
//
// The objects of the report wsitrace.report/1. Times are nanoseconds since the process's start; what is unknown is null.
#ifndef WSITRACE_TEXT_CONNECTION_JSON_H
#define WSITRACE_TEXT_CONNECTION_JSON_H

#include <string>
#include <string_view>

#include "agent/timeline/frame.h"
#include "agent/timeline/timeline.h"

namespace wsitrace {

// Append one object to OUT. STARTED_NS is ProcessFacts::started_mono_ns.
void append_connection(std::string &out, const Connection &connection, uint64_t started_ns,
                       const NameFrames &name = addresses_only);
void append_process(std::string &out, const ProcessFacts &process, const End *end);
void append_loss(std::string &out, const Loss &loss);
void append_totals(std::string &out, const Totals &totals, uint64_t findings);

// The document around the connections, which the caller appends in between, separated by commas.
inline constexpr std::string_view kSchemaMember = R"("schema":"wsitrace.report/1")";
void begin_document(std::string &out);
void end_document(std::string &out, const Timeline &timeline, uint64_t findings);

// RFC 3339 with nanoseconds, UTC: "2026-11-20T12:00:00.000000000Z".
std::string rfc3339(uint64_t since_epoch_ns);

}  // namespace wsitrace

#endif
