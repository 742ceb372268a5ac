// SPDX-License-Identifier: MIT
//
// Connects that came to nothing before lws had made a wsi: lws_client_connect_via_info() returned NULL, and no callback tells of it. And a
// proxy that lws did not understand.
#ifndef WSITRACE_DIAGNOSIS_EMPTY_CONNECTS_H
#define WSITRACE_DIAGNOSIS_EMPTY_CONNECTS_H

#include <functional>
#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/lws/said.h"

namespace wsitrace {

class EmptyConnects {
 public:
  void came_empty(Ns at_ns);
  // SAID: whether lws logged a line of that kind.
  void add(std::vector<Diagnosis> &to, const std::function<bool(Said)> &said) const;

 private:
  uint64_t times_ = 0;
  Ns first_ns_ = 0, last_ns_ = 0;
};

}  // namespace wsitrace

#endif
