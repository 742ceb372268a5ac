// SPDX-License-Identifier: MIT
//
// Connects that came to nothing before lws had made a wsi: lws_client_connect_via_info() returned NULL, and no callback reports it. And a
// proxy that lws did not understand.
#ifndef WSITRACE_DIAGNOSIS_EMPTY_CONNECTS_H
#define WSITRACE_DIAGNOSIS_EMPTY_CONNECTS_H

#include <vector>

#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/not_made.h"

namespace wsitrace {

class EmptyConnects {
 public:
  void came_empty(Ns at_ns);
  void add(std::vector<Diagnosis> &to, const SaidLines &said) const;

 private:
  uint64_t times_ = 0;
  Ns first_ns_ = 0, last_ns_ = 0;
};

}  // namespace wsitrace

#endif
