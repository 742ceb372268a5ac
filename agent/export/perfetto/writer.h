// SPDX-License-Identifier: MIT
//
// What turns slices into a file format. SliceReport calls begin() once, add() for each connection and finish() once; each
// appends to OUT, which is handed on in between. Writers keep nothing of what they have written.
//
//    perfetto  https://perfetto.dev/docs/reference/synthetic-track-event; a binary protobuf, `Trace` of trace.proto
//    chrome    "Trace Event Format", JSON, microseconds since the process's start; chrome://tracing, Perfetto, speedscope
#ifndef WSITRACE_EXPORT_PERFETTO_WRITER_H
#define WSITRACE_EXPORT_PERFETTO_WRITER_H

#include <memory>
#include <string>

#include "agent/export/perfetto/slice.h"
#include "wsitrace/log.h"

namespace wsitrace {

class SliceWriter {
 public:
  virtual ~SliceWriter() = default;
  virtual void begin(std::string &out, const ProcessFacts &process) = 0;
  virtual void add(std::string &out, const SliceList &list) = 0;
  // LAST is an instant on the process's track, at the end of the log: what is open reaches to it.
  virtual void finish(std::string &out, const Slice &last) = 0;
};

std::unique_ptr<SliceWriter> perfetto_writer();
std::unique_ptr<SliceWriter> chrome_writer();

}  // namespace wsitrace

#endif
