// SPDX-License-Identifier: MIT
//
// Responses that were written to their end, by whatever call: `written` comes before the next request or the end.
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {

#define ENDED "DROP[dyn1]('__lws_close_free_wsi') written CLOSED_HTTP DEST"
#define HANDLED "BIND[dyn1] HTTP[dyn1] st=200"
#define HUNG_UP "close('server socket svc fail')"
#define BAILED "close('lws_read_h1 bail')"
#define DROPPED "dyn1:__lws_close_free_wsi"

const std::vector<Row> kWrittenRows = {
    {"ErrorPageAndHandlerHangsUp",
     "ACCEPT FH('/') HTTP st=403 refused('HTTP') " BAILED " written('page') CLOSED_HTTP DEST", "/ completed", "",
     "response_done by lws", "response_done by lws"},
    {"LastWriteAndHandlerHangsUp", "ACCEPT FH('/d') " HANDLED " refused('HTTP') " BAILED " " ENDED, "/d completed",
     DROPPED, "response_done by lws", "response_done by lws"},
    {"CgiEndsItsChunks",
     "ACCEPT FH('/cgi') st=200 refused('WRITEABLE') close('close_and_handled') written CLOSED_HTTP DEST",
     "/cgi completed", "", "response_done by lws", "response_done by lws"},
    {"ProxiedNotFoundWasAnsweredByTheServerBehind",
     "ACCEPT FH('/p') st=404 refused('WRITEABLE') close('close_and_handled') written CLOSED_HTTP DEST", "/p completed",
     "", "response_done by lws", "response_done by lws"},
    {"HandlerForgetsToSaySoAndThePeerCloses", "ACCEPT FH('/d') " HANDLED " +20 " HUNG_UP " " ENDED, "/d aborted",
     DROPPED, "peer_closed by peer", "unknown by unknown"},
    {"HandlerForgetsToSaySoAndTheNextRequestComes",
     "ACCEPT FH('/1') " HANDLED " written FH('/2') HTTP[dyn1] st=200 " HUNG_UP
     " DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/1 aborted, /2 aborted", DROPPED, "peer_closed by peer", "unknown by unknown"},
    {"ProxyIsKilledWithTheConnectionBehindIt", "ACCEPT FH('/p') st=200 +5 written CLOSED_HTTP DEST('31/-1')",
     "/p completed", "", "handler_closed by local", "handler_closed by local"},
    {"HeadWithoutTheBodyThatItsLengthTellsOf",
     "ACCEPT FH('/d')=1 " HANDLED " refused('HTTP') " BAILED
     " DROP[dyn1]('__lws_close_free_wsi') written('short') CLOSED_HTTP DEST",
     "/d completed", DROPPED, "response_done by lws", "response_done by lws"},
    {"LessThanPromised",
     "ACCEPT FH('/d') " HANDLED " " HUNG_UP " DROP[dyn1]('__lws_close_free_wsi') written('short') CLOSED_HTTP DEST",
     "/d aborted", DROPPED, "peer_closed by peer", "unknown by unknown"},
    {"RefusedUpgrade", "ACCEPT CONFIRM('/ws') st=403 " BAILED " written('page') DEST", "/ws rejected", "",
     "upgrade_refused by lws", "upgrade_refused by lws"},
    {"PageForGarbageBehindACompletedRequest",
     "ACCEPT FH('/a') st=200 FFC txnc BIND st=403 " BAILED
     " DROP('__lws_close_free_wsi') written('page') CLOSED_HTTP DEST",
     "/a completed", "p0:__lws_close_free_wsi", "refused by lws", "unknown by unknown"},
};

}  // namespace wsitrace::test
