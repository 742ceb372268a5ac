// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>

#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

// The rows of FORMAT.md's tables that start with a name in backticks and a number.
std::map<std::string, uint64_t> documented() {
  std::ifstream file(WSITRACE_FORMAT_MD);
  std::map<std::string, uint64_t> values;
  for (std::string line; std::getline(file, line);) {
    char name[64];
    uint64_t number = 0;
    char after[3] = {};
    if (std::sscanf(line.c_str(), "| `%63[A-Za-z_.]` | %" SCNu64 " %2[|]", name, &number, after) == 3)
      values[name] = number;
  }
  return values;
}

#define FIELD(type, field) \
  { #type "." #field, offsetof(type, field) }
#define EVENT_FIELD(field) \
  { #field, offsetof(Event, field) }
#define NUMBER(name) \
  { #name, static_cast < uint64_t>(name) }

const std::map<std::string, uint64_t> kImplemented = {EVENT_FIELD(time_ns),
                                                      EVENT_FIELD(wsi),
                                                      EVENT_FIELD(kind),
                                                      EVENT_FIELD(vhost),
                                                      EVENT_FIELD(protocol),
                                                      EVENT_FIELD(text),
                                                      EVENT_FIELD(value),
                                                      EVENT_FIELD(extra),
                                                      EVENT_FIELD(flags),
                                                      EVENT_FIELD(thread),
                                                      EVENT_FIELD(sequence),
                                                      FIELD(FileHeader, version),
                                                      FIELD(FileHeader, session),
                                                      FIELD(FileHeader, asked),
                                                      FIELD(FileHeader, ready_generation),
                                                      FIELD(FileHeader, processes_reserved),
                                                      FIELD(FileHeader, rings_reserved),
                                                      FIELD(FileHeader, lost_no_process),
                                                      FIELD(ProcessBlock, ended_mono_ns),
                                                      FIELD(ProcessBlock, lost),
                                                      FIELD(ProcessBlock, facts_ready),
                                                      FIELD(ProcessBlock, string_count),
                                                      FIELD(ProcessBlock, strings),
                                                      FIELD(ProcessBlock, text),
                                                      FIELD(RingHeader, owner),
                                                      FIELD(RingHeader, head),
                                                      FIELD(RingHeader, recorded),
                                                      FIELD(RingHeader, lost),
                                                      FIELD(RingHeader, writing),
                                                      FIELD(RingHeader, tail),
                                                      FIELD(RingHeader, running),
                                                      NUMBER(kAbsent),
                                                      NUMBER(kReady),
                                                      NUMBER(kClaimed),
                                                      NUMBER(kEnded),
                                                      NUMBER(kMetaChunk),
                                                      NUMBER(kStringsChunk),
                                                      NUMBER(kEventsChunk),
                                                      NUMBER(kEndChunk),
                                                      {loss_cause_name(kRingFull), kRingFull},
                                                      {loss_cause_name(kNoRing), kNoRing},
                                                      {loss_cause_name(kNoProcess), kNoProcess},
                                                      NUMBER(kRingVersion),
                                                      NUMBER(kTraceVersion),
                                                      NUMBER(kSlotBytes),
                                                      NUMBER(kMaxExtraSlots),
                                                      NUMBER(kMaxPathBytes),
                                                      NUMBER(kPageBytes),
                                                      NUMBER(kDefaultRingSlots),
                                                      NUMBER(kMinRingSlots),
                                                      NUMBER(kMaxRingSlots),
                                                      NUMBER(kMaxProcesses),
                                                      NUMBER(kMaxRings),
                                                      NUMBER(kMaxStrings),
                                                      NUMBER(kMaxStringBytes),
                                                      NUMBER(kProcessBlockBytes),
                                                      NUMBER(kRingHeaderBytes),
                                                      NUMBER(kMaxChunkBytes)};

TEST(Layout, FormatDocumentSaysWhatTheHeadersSay) { EXPECT_EQ(documented(), kImplemented); }

TEST(Layout, BlocksStartOnPages) {
  EXPECT_EQ(kProcessBlockBytes % kPageBytes, 0u);
  EXPECT_EQ(ring_bytes(kMinRingSlots) % 64, 0u);
  EXPECT_EQ(ring_bytes(kDefaultRingSlots) % kPageBytes, 0u);
}

TEST(Layout, LongestRecordFitsSeveralTimesIntoTheSmallestRing) {
  EXPECT_GE(kMinRingSlots / (1 + kMaxExtraSlots + 1), 2u);
}

}  // namespace
}  // namespace wsitrace
