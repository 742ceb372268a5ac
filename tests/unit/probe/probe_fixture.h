// SPDX-License-Identifier: MIT
//
// The probe on a stand-in for libwebsockets: a table of functions that answer from two small structs. The probe's state
// belongs to the process, so every test of this program shares one ring file; each reads what its own events added.
#ifndef WSITRACE_TESTS_PROBE_FIXTURE_H
#define WSITRACE_TESTS_PROBE_FIXTURE_H

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/collect/ring_file.h"
#include "agent/lws/callbacks.h"
#include "agent/probe/probe.h"
#include "agent/probe/thunks.h"

namespace wsitrace {

// What lws keeps in a vhost and a wsi, as far as the probe asks.
struct FakeVhost {
  std::string name;
  std::vector<lws_protocols> table;  // ends with an entry without callback
};
struct FakeWsi {
  FakeVhost *vhost = nullptr;
  const lws_protocols *protocol = nullptr;
  FakeWsi *network = nullptr;  // nullptr: itself
  std::string path = {};
  int method = -1;
  int fd = -1;
  void *ssl = nullptr;
  unsigned status = 0;  // of the answer that a client got

  lws *pointer() { return reinterpret_cast<lws *>(this); }
};

struct Recorded {
  Event event;
  std::string vhost, protocol, text;
  std::vector<std::pair<ItemTag, std::string>> items;
};

class ProbeTest : public testing::Test {
 protected:
  static void SetUpTestSuite();
  // Events since the last call, of all rings of this process.
  std::vector<Recorded> drain();
  static RingFile &file();
};

}  // namespace wsitrace

#endif
