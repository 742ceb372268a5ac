// SPDX-License-Identifier: MIT
#include "agent/export/explain/narrative.h"

#include <fmt/format.h>

#include "agent/export/explain/narrators.h"
#include "agent/text/printable.h"
#include "agent/text/spans.h"

namespace wsitrace {
namespace {

constexpr size_t kIndent = 4;

std::string heading(const Connection &connection) {
  std::string out = fmt::format("connection {}", connection.id);
  out += fmt::format(": {}, {}", name_of(connection.origin), name_of(connection.state));
  return connection.close ? fmt::format("{}, {}\n", out, name_of(connection.close->reason)) : out + "\n";
}

std::string joined(const Sentences &sentences) {
  std::string out;
  for (const std::string &sentence : sentences) out += (out.empty() ? "" : " ") + sentence;
  return out;
}

enum class Shape { kProse, kList };

void append_section(std::string &out, const char *title, const Sentences &sentences, Shape shape, size_t width) {
  if (sentences.empty()) return;
  out += fmt::format("  {}\n", title);
  if (shape == Shape::kProse && width > 0) {
    out += wrapped(joined(sentences), width, kIndent, 0);
    return;
  }
  for (const std::string &sentence : sentences) out += wrapped(sentence, width, kIndent, shape == Shape::kList ? 2 : 0);
}

std::string doubt_of(const LogFacts &log) {
  if (!log.lossy()) return "";
  return fmt::format(
      "{} lost: something may be missing below, and what follows from something not being seen is uncertain.",
      log.loss.lost == 1 ? "1 event was" : fmt::format("{} events were", log.loss.lost));
}

}  // namespace

std::string narrative_of(const Subject &subject, const LogFacts &log, size_t width) {
  std::string out = heading(subject.connection);
  const std::string doubt = doubt_of(log);
  if (!doubt.empty()) append_section(out, "What to keep in mind", {doubt}, Shape::kProse, width);
  append_section(out, "What it is", identity_of(subject, log), Shape::kProse, width);
  append_section(out, "What happened", story_of(subject, log), Shape::kList, width);
  append_section(out, is_open(subject.connection) ? "How it stands" : "Why it ended", ending_of(subject, log),
                 Shape::kProse, width);
  append_section(out, "What to look at", advice_of(subject, log), Shape::kProse, width);
  return out;
}

}  // namespace wsitrace
