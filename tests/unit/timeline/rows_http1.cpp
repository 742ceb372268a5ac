// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {

#define TXNC "txnc DROP('lws_http_transaction_completed')"
#define GONE "DROP('__lws_close_free_wsi') CLOSED_HTTP DEST"
#define HANGUP "close('server socket svc fail')"
#define BAIL "close('lws_read_h1 bail')"
#define FIRST_DYNAMIC "BIND[dyn1] DROP[dyn1]('http_action HTTP') BIND[dyn1] HTTP[dyn1] st=200"

const std::vector<Row> kFileRows = {
    {"KeepAliveThreeRequests",
     "ACCEPT FH('/a') st=200 FFC txnc BIND FH('/b') st=200 FFC " TXNC " BIND FH('/c') st=200 FFC " TXNC " BIND " HANGUP
     " " GONE,
     "/a completed, /b completed, /c completed",
     "p0:lws_http_transaction_completed, p0:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"TransactionCompletedSeenAtItsReturn",
     "ACCEPT FH('/a') st=200 FFC BIND txnc FH('/b') st=200 FFC DROP('lws_http_transaction_completed') BIND txnc " HANGUP
     " " GONE,
     "/a completed, /b completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer",
     "unknown by unknown"},
    {"ProtocolWithoutSessionDataIsNeverDropped", "ACCEPT FH('/a') st=200 FFC txnc BIND " HANGUP " CLOSED_HTTP DEST",
     "/a completed", "p0:settled_by_destroy", "peer_closed by peer", "unknown by unknown"},
    {"ThreePipelinedInOneSegment", "ACCEPT FH('/a') st=200 FFC txnc BIND st=403 " BAIL " " GONE, "/a completed",
     "p0:__lws_close_free_wsi", "refused by lws", "unknown by unknown"},
    {"ConnectionClose", "ACCEPT FH('/a') st=200 FFC txnc refused('FFC') " HANGUP " CLOSED_HTTP DEST", "/a completed",
     "", "response_done by lws", "response_done by lws"},
    {"NotFoundThenGet", "ACCEPT FH('/nope') HTTP st=404 txnc BIND FH('/') st=200 FFC " TXNC " BIND " HANGUP " " GONE,
     "/nope completed, / completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"NotFoundAsSecondRequest",
     "ACCEPT FH('/') st=200 FFC txnc BIND FH('/nope') HTTP st=404 " TXNC " BIND " HANGUP " " GONE,
     "/ completed, /nope completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"NotFoundWithConnectionClose", "ACCEPT FH('/nope') HTTP st=404 txnc refused('HTTP') " HANGUP " CLOSED_HTTP DEST",
     "/nope completed", "", "response_done by lws", "response_done by lws"},
    {"NoMountMatchesBoundConnection5_0",
     "ACCEPT FH('/') st=200 FFC txnc BIND FH('/nope') DROP('no mount hit') BIND HTTP st=404 " TXNC " BIND " HANGUP
     " " GONE,
     "/ completed, /nope completed", "p0:no mount hit, p0:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"HeadHasNoFileCompletion", "ACCEPT FH('/a') st=200 txnc BIND FH('/b') st=200 " TXNC " BIND " HANGUP " " GONE,
     "/a completed, /b completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer",
     "unknown by unknown"},
    {"HeadWithConnectionClose", "ACCEPT FH('/a')=1 st=200 txnc " HANGUP " CLOSED_HTTP DEST", "/a completed", "",
     "response_done by lws", "response_done by lws"},
    {"HeadThenPeerCloses", "ACCEPT FH('/a') st=200 txnc BIND " HANGUP " " GONE, "/a completed",
     "p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"HeadThenHead", "ACCEPT FH('/a') st=200 txnc BIND FH('/b') st=200 " TXNC " BIND +5000 " GONE,
     "/a completed, /b completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi", "timeout by lws",
     "unknown by unknown"},
    {"PostToFileCompletesTwice",
     "ACCEPT FH('/a') st=200 FFC txnc txnc BIND FH('/b') st=200 FFC " TXNC " BIND " HANGUP " " GONE,
     "/a completed, /b completed", "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer",
     "unknown by unknown"},
    {"SecondPostToFileHasNoBind5_0",
     "ACCEPT FH('/a') st=200 FFC txnc txnc BIND FH('/b') st=200 FFC txnc txnc " HANGUP " " GONE,
     "/a completed, /b completed", "p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"ChunkedPostToFile", "ACCEPT FH('/a') st=200 FFC txnc BIND st=403 " BAIL " " GONE, "/a completed",
     "p0:__lws_close_free_wsi", "refused by lws", "unknown by unknown"},
    {"ChunkedPostToFile5_0", "ACCEPT FH('/a') st=200 FFC txnc refused('FFC') " BAIL " CLOSED_HTTP DEST", "/a completed",
     "", "response_done by lws", "response_done by lws"},
    {"UnknownMimeType", "ACCEPT FH('/a.q') st=415 txnc BIND " HANGUP " " GONE, "/a.q completed",
     "p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"KeepAliveIdleTimeout", "ACCEPT FH('/a') st=200 FFC txnc BIND +5000 " GONE, "/a completed",
     "p0:__lws_close_free_wsi", "timeout by lws", "unknown by unknown"},
    {"ConnectsAndIsTimedOut", "ACCEPT +20000 CLOSED_HTTP DEST", "", "", "timeout by lws", "unknown by unknown"},
    {"EndsTooSoonForAnyTimeout", "ACCEPT +980 CLOSED_HTTP DEST", "", "", "unknown by unknown", "unknown by unknown"},
    {"EndsTooSoonForItsTimeout", "ACCEPT +4400 CLOSED_HTTP DEST('3/5')", "", "", "unknown by unknown",
     "unknown by unknown"},
    {"EndsWhenItsTimeoutIsOver", "ACCEPT +4995 CLOSED_HTTP DEST('3/5')", "", "", "timeout by lws", "timeout by lws"},
    {"ConnectsAndCloses", "ACCEPT " HANGUP " CLOSED_HTTP DEST", "", "", "peer_closed by peer", "unknown by unknown"},
    {"Garbage", "ACCEPT st=403 " BAIL " CLOSED_HTTP DEST", "", "", "refused by lws", "unknown by unknown"},
    {"ResetInMidBody", "ACCEPT FH('/big') st=200 close('close_and_handled') CLOSED_HTTP DEST", "/big aborted", "",
     "peer_closed by peer", "unknown by unknown"},
    {"StallsInMidBody", "ACCEPT FH('/big') st=200 +30000 CLOSED_HTTP DEST", "/big aborted", "", "timeout by lws",
     "unknown by unknown"},
    {"HalfCloseAfterRequest", "ACCEPT FH('/a') st=200 " HANGUP " CLOSED_HTTP DEST", "/a aborted", "",
     "peer_closed by peer", "unknown by unknown"},
    {"FilterRefusesRequest", "ACCEPT FH('/a') refused('FH') " BAIL " CLOSED_HTTP DEST", "/a rejected", "",
     "refused by local", "refused by local"},
    {"ContextDestroyed", "ACCEPT FH('/a') st=200 FFC txnc BIND close('ctx destroy')=9999 " GONE, "/a completed",
     "p0:__lws_close_free_wsi", "context_destroyed by local", "unknown by unknown"},
};

const std::vector<Row> kDynamicRows = {
    {"KeepAliveTwoRequests",
     "ACCEPT FH('/d/1') " FIRST_DYNAMIC " txnc DROP[dyn1]('lws_http_transaction_completed') BIND "
     "FH('/d/2') DROP('http action CALLBACK bind') " FIRST_DYNAMIC
     " txnc DROP[dyn1]('lws_http_transaction_completed') BIND " HANGUP " " GONE,
     "/d/1 completed, /d/2 completed",
     "dyn1:http_action HTTP, dyn1:lws_http_transaction_completed, p0:http action CALLBACK bind, dyn1:http_action HTTP, "
     "dyn1:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"OnFirstProtocol",
     "ACCEPT FH('/1') BIND DROP('http_action HTTP') BIND HTTP st=200 " TXNC " BIND "
     "FH('/2') DROP('http action CALLBACK bind') BIND DROP('http_action HTTP') BIND HTTP st=200 " TXNC " BIND " HANGUP
     " " GONE,
     "/1 completed, /2 completed",
     "p0:http_action HTTP, p0:lws_http_transaction_completed, p0:http action CALLBACK bind, p0:http_action HTTP, "
     "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"OnFirstProtocolAborted", "ACCEPT FH('/1') BIND DROP('http_action HTTP') BIND HTTP " HANGUP " " GONE, "/1 aborted",
     "p0:http_action HTTP, p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"PostWithBody",
     "ACCEPT FH('/d') BIND[dyn1] HTTP[dyn1] BODY_DONE[dyn1] st=200 txnc DROP[dyn1]('lws_http_transaction_completed') "
     "BIND "
     "" HANGUP " " GONE,
     "/d completed", "dyn1:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer",
     "unknown by unknown"},
    {"PostToFirstProtocol", "ACCEPT FH('/d') BIND HTTP BODY_DONE st=200 " TXNC " BIND " HANGUP " " GONE, "/d completed",
     "p0:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"ConnectionClose",
     "ACCEPT FH('/d') " FIRST_DYNAMIC " txnc refused('WRITEABLE') " HANGUP
     " DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP "
     "DEST",
     "/d completed", "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "response_done by lws",
     "response_done by lws"},
    {"HandlerReturnsOneFromHttp",
     "ACCEPT FH('/d') BIND[dyn1] DROP[dyn1]('http_action HTTP') BIND[dyn1] HTTP[dyn1] refused('HTTP') " BAIL
     " DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "handler_closed by local",
     "handler_closed by local"},
    {"ChunkedRequestBody",
     "ACCEPT FH('/d') BIND[dyn1] HTTP[dyn1] +1000 " HANGUP " DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"ThreePipelined4_1",
     "ACCEPT FH('/1') BIND[dyn1] HTTP[dyn1] st=200 txnc DROP[dyn1]('lws_http_transaction_completed') BIND "
     "FH('/2') DROP('http action CALLBACK bind') BIND[dyn1] HTTP[dyn1] st=200 "
     "txnc DROP[dyn1]('lws_http_transaction_completed') BIND "
     "FH('/3') DROP('http action CALLBACK bind') BIND[dyn1] HTTP[dyn1] st=200 "
     "txnc DROP[dyn1]('lws_http_transaction_completed') BIND " HANGUP " " GONE,
     "/1 completed, /2 completed, /3 completed",
     "dyn1:lws_http_transaction_completed, p0:http action CALLBACK bind, dyn1:lws_http_transaction_completed, "
     "p0:http action CALLBACK bind, dyn1:lws_http_transaction_completed, p0:__lws_close_free_wsi",
     "peer_closed by peer", "unknown by unknown"},
    {"ThreePipelined4_3",
     "ACCEPT FH('/1') " FIRST_DYNAMIC " " BAIL " DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST", "/1 aborted",
     "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "refused by lws", "unknown by unknown"},
    {"ResetInMidBody",
     "ACCEPT FH('/d') " FIRST_DYNAMIC " close('close_and_handled') DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"ResetInMidBody4_1DiesByTimeout",
     "ACCEPT FH('/d') " FIRST_DYNAMIC " refused('WRITEABLE') +3000 DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "handler_closed by local",
     "handler_closed by local"},
    {"AccessRightsRefused",
     "ACCEPT FH('/d') BIND[dyn1] st=403 txnc DROP[dyn1]('lws_http_transaction_completed') BIND " HANGUP " " GONE,
     "/d completed", "dyn1:lws_http_transaction_completed, p0:__lws_close_free_wsi", "peer_closed by peer",
     "unknown by unknown"},
};

}  // namespace wsitrace::test
