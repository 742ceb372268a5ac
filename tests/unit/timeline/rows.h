// SPDX-License-Identifier: MIT
//
// One row: what libwebsockets does in one situation (measured on 4.1.6, 4.3.5 and 5.0), and what the fold makes of it. Each
// row is played twice, with and without the kinds that only a preload records; only the close reason may differ.
#ifndef WSITRACE_TESTS_UNIT_TIMELINE_ROWS_H
#define WSITRACE_TESTS_UNIT_TIMELINE_ROWS_H

#include <ostream>
#include <vector>

namespace wsitrace::test {

struct Row {
  const char *name;
  const char *script;
  const char *transactions;    // of wsi A: "/a completed, /b aborted"
  const char *bindings;        // "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi"
  const char *preload_reason;  // "peer_closed by peer"
  const char *plugin_reason;
};

inline void PrintTo(const Row &row, std::ostream *out) { *out << row.name; }

extern const std::vector<Row> kFileRows;       // HTTP/1.1, file mounts
extern const std::vector<Row> kDynamicRows;    // HTTP/1.1, callback mounts
extern const std::vector<Row> kWrittenRows;    // the same and files, where nobody calls lws_http_transaction_completed
extern const std::vector<Row> kWebsocketRows;  // websocket servers
extern const std::vector<Row> kStreamRows;     // h2
extern const std::vector<Row> kTlsRows;
extern const std::vector<Row> kOutboundRows;  // clients
extern const std::vector<Row> kAdoptedRows;

}  // namespace wsitrace::test

#endif
