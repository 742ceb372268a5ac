// SPDX-License-Identifier: MIT
//
// Narratives of scripts (tests/unit/timeline/script.h).
#ifndef WSITRACE_TESTS_UNIT_EXPORT_EXPLAIN_FIXTURE_H
#define WSITRACE_TESTS_UNIT_EXPORT_EXPLAIN_FIXTURE_H

#include <string>

#include "agent/export/explain/explainer.h"
#include "tests/unit/timeline/script.h"

namespace wsitrace::test {

// A log: words, and what surrounds them.
struct Told {
  Told(std::string of_words) : words(std::move(of_words)) {}
  Told(const char *of_words) : words(of_words) {}
  Told &in(Form of_form) { return form = of_form, *this; }
  Told &attached(std::string how) { return attach = std::move(how), *this; }
  Told &goes_on() { return end.clear(), *this; }
  Told &losing(uint64_t events) { return loss.lost = events, *this; }

  std::string words;
  Form form = Form::kPreload;
  std::string attach;  // instead of what FORM says
  std::string end = "exit";
  Loss loss;
};

template <typename Sink>
void tell(const Told &told, Sink &sink) {
  Script script(sink, told.form);
  if (!told.attach.empty()) {
    ProcessFacts facts;
    facts.pid = 4711;
    facts.attach = told.attach;
    facts.started_mono_ns = Script::kStartNs;
    sink.on_process(facts);
  }
  script.play(told.words);
  if (told.loss.lost > 0) sink.on_loss(told.loss);
  if (!told.end.empty()) script.end(told.end);
}

inline std::string explained(const Told &told, uint64_t id = 1, size_t width = 0) {
  std::string out;
  Timeline timeline;
  Explainer explainer(timeline, id, width, [&out](std::string_view text) { out += text; });
  timeline.add(explainer);
  tell(told, timeline);
  return explainer.finish() ? out : "no such connection";
}

}  // namespace wsitrace::test

#endif
