// SPDX-License-Identifier: MIT
//
// The verdict: what a finished timeline says about leaks, and whether it may say so.
//
// A connection that is open at the end is a leak when its context is gone: lws then had to destroy it. A program that ends without
// lws_context_destroy leaves connections "live at exit". That is no finding by itself, unless `--require-closed` makes it one.
// Any loss makes a verdict inconclusive, also one with findings: what was lost may have been another leak, or the end of one.
#ifndef WSITRACE_DIAGNOSIS_VERDICT_H
#define WSITRACE_DIAGNOSIS_VERDICT_H

#include <string>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/finding.h"

namespace wsitrace {

enum class Conclusion { kClean, kFindings, kInconclusive };
const char *name_of(Conclusion);

struct Verdict {
  Conclusion conclusion = Conclusion::kClean;
  uint32_t pid = 0;                 // of what was judged; 0: unknown
  std::string program;              // its base name
  Ns started_ns = 0;                // CLOCK_MONOTONIC: the zero of the times that reports show
  std::vector<Finding> findings;    // worst kind first, then by first event
  std::vector<Diagnosis> troubles;  // no faults, but somebody suffered; worst first. Only a Doctor finds them
  uint64_t notes = 0;               // diagnoses that are neither; same
  std::vector<std::string> doubts;  // why nothing can be promised; also beside findings
  uint64_t live_at_exit = 0;        // open connections that are no finding
  uint64_t connections = 0;         // that were looked at: accepted, adopted and outbound ones
  uint64_t lost = 0;                // events
  std::string trace;                // the file that was judged, as it was named; empty: none, or not known

  // Fills in the frames, and the functions of callbacks.
  void name_frames(const NameFrames &name);
  // Draws the conclusion from findings and doubts; call after changing either.
  void conclude();
  // What `wsitrace check` exits with: 0, 1 or 3.
  [[nodiscard]] int exit_status() const;
};

}  // namespace wsitrace

#endif
