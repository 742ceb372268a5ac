// SPDX-License-Identifier: MIT
//
// A process that is host and collector of the same rings, without a probe: claims a process block and a ring in memory and
// writes what it is told. Ends the program with a message when there is no memory.
#ifndef WSITRACE_BENCH_OWN_HOST_H
#define WSITRACE_BENCH_OWN_HOST_H

#include <string_view>

#include "agent/collect/ring_file.h"
#include "agent/ring/writer.h"

namespace wsitrace::bench {

class OwnHost {
 public:
  OwnHost();

  // Id of TEXT, which is new.
  uint16_t tell(std::string_view text);
  RingWriter &writer() { return writer_; }
  RingFile &file() { return file_; }

 private:
  RingFile file_;
  ProcessBlock *process_;
  RingWriter writer_;
};

}  // namespace wsitrace::bench

#endif
