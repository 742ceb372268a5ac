// SPDX-License-Identifier: MIT
//
// What `wsitrace top` shows, as lines of text: a header with totals, what went wrong, and loss, and the table of connections. Pure:
// the same logs, choice and size give the same lines.
//
//    1 process: http_host (PID 4711), libwebsockets 4.3.5-...
//    22 connections: 11 open, 11 closed; 1 listener; 101 transactions
//    Event loop blocked for 2.50 s: ...       only while that is so (top_lasting.h)
//    1 fault, 2 kinds of trouble, 1 note; worst: the peer of connection 7 is gone (peer_gone)
//    1234 events recorded, 0 lost
//       AGE CLASS    ROLE   VHOST  PROTOCOL  STATE  TRANS PEER             PATH
//     12.3s client   h1     app    http      idle       3 127.0.0.1:40022  /x
//    ...
//    by age  class: all  1-12 of 12                  Enter open  / filter  s sort  c class  ? help  q quit
//
// One row is selected; Enter shows what is known of its connection instead of the table. top_keys.h has what the keys do.
//
// Order: open connections of processes that live, then those that were left open, then ended ones, the last first.
#ifndef WSITRACE_CLI_TOP_TOP_VIEW_H
#define WSITRACE_CLI_TOP_TOP_VIEW_H

#include <string>

#include "agent/cli/top/top_screen.h"

namespace wsitrace {

TopScreen draw_top(const TopInput &input, const TopChoice &choice, const TopSize &size);
// The same for paper: all rows, and every cell as wide as it needs to be.
std::string print_top(const TopInput &input, const TopChoice &choice);

}  // namespace wsitrace

#endif
