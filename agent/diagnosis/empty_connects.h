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

// What is known of such a call besides lws's log.
enum class EmptyFor {
  kUnknown,
  kTooLong,   // lws ran out of room for what it asks for
  kBrackets,  // `address` was in brackets
};

inline constexpr const char *kTooLongToAsk =
    "path, host, origin and subprotocol together are longer than max_http_header_data of the context";
inline constexpr const char *kTooLongAdvice =
    "raise max_http_header_data of the context (4096 bytes, if not set) and pt_serv_buf_size (4096, too), into which "
    "the "
    "whole request has to fit; or make the path shorter: what is long belongs in a header or a body";
inline constexpr const char *kBracketsAdvice =
    "leave the brackets out of `address` of the connect info (\"::1\"); they belong in `host` (\"[::1]\"), as in a URL";

class EmptyConnects {
 public:
  void came_empty(Ns at_ns, EmptyFor why);
  void add(std::vector<Diagnosis> &to, const SaidLines &said) const;

 private:
  uint64_t times_ = 0;
  EmptyFor why_ = EmptyFor::kUnknown;  // of all of them
  Ns first_ns_ = 0, last_ns_ = 0;
};

}  // namespace wsitrace

#endif
