// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {

#define UPGRADE "CONFIRM('/ws') BIND[echo] FILTER[echo] EST[echo]"
#define WS_GONE "WSDROP[echo]('__lws_close_free_wsi') CLOSED[echo] DEST"
#define ECHO_GONE "echo:__lws_close_free_wsi"
#define CARRIER "B:CREATE B:NEW=50 "

const std::vector<Row> kWebsocketRows = {
    {"PeerSendsCloseFrame", "ACCEPT " UPGRADE " PEER_CLOSE[echo]=1001 close('close_and_handled') " WS_GONE,
     "/ws upgraded", ECHO_GONE, "peer_ws_close by peer 1001", "peer_ws_close by peer 1001"},
    {"PeerSendsEmptyCloseFrame", "ACCEPT " UPGRADE " PEER_CLOSE[echo] close('close_and_handled') " WS_GONE,
     "/ws upgraded", ECHO_GONE, "peer_ws_close by peer", "peer_ws_close by peer"},
    {"PeerVanishes", "ACCEPT " UPGRADE " close('close_and_handled') " WS_GONE, "/ws upgraded", ECHO_GONE,
     "peer_closed by peer", "unknown by unknown"},
    {"ServerSendsCloseFrame",
     "ACCEPT " UPGRADE " code=1001 refused('RECEIVE') close('lws_read_h1 bail') WSDROP[echo]('__lws_close_free_wsi') "
     "close('close_and_handled') CLOSED[echo] DEST",
     "/ws upgraded", ECHO_GONE, "local_ws_close by local 1001", "handler_closed by local"},
    {"ServerClosesWithoutReason", "ACCEPT " UPGRADE " refused('RECEIVE') close('lws_read_h1 bail') " WS_GONE,
     "/ws upgraded", ECHO_GONE, "handler_closed by local", "handler_closed by local"},
    {"UnknownSubprotocol", "ACCEPT CONFIRM('/ws') close('lws_read_h1 bail') DEST", "/ws rejected", "",
     "upgrade_refused by lws", "upgrade_refused by lws"},
    {"ProtocolFilterRefuses",
     "ACCEPT CONFIRM('/ws') BIND[echo] FILTER[echo] refused('FILTER') close('lws_read_h1 bail') CLOSED[echo] DEST",
     "/ws rejected", "echo:settled_by_destroy", "upgrade_refused by local", "upgrade_refused by local"},
    {"BadOpcode",
     "ACCEPT " UPGRADE
     " code=1002 close('lws_read_h1 bail') WSDROP[echo]('__lws_close_free_wsi') close('close_and_handled') "
     "CLOSED[echo] DEST",
     "/ws upgraded", ECHO_GONE, "protocol_error by lws 1002", "unknown by unknown"},
    {"NoPong", "ACCEPT " UPGRADE " +60000 " WS_GONE, "/ws upgraded", ECHO_GONE, "ping_timeout by lws",
     "unknown by unknown"},
    {"UpgradeOnUsedConnection",
     "ACCEPT FH('/a') st=200 FFC txnc BIND CONFIRM('/ws') DROP('ws upg pcol') BIND[echo] FILTER[echo] EST[echo] "
     "PEER_CLOSE[echo]=1000 close('close_and_handled') " WS_GONE,
     "/a completed, /ws upgraded", "p0:ws upg pcol, " ECHO_GONE, "peer_ws_close by peer 1000",
     "peer_ws_close by peer 1000"},
    {"ProtocolWithoutSessionData",
     "ACCEPT " UPGRADE " PEER_CLOSE[echo]=1000 close('close_and_handled') CLOSED[echo] DEST", "/ws upgraded",
     "echo:settled_by_destroy", "peer_ws_close by peer 1000", "peer_ws_close by peer 1000"},
};

const std::vector<Row> kStreamRows = {
    {"Dynamic",
     CARRIER "CREATE FH('/d')<B BIND[dyn1]<B DROP[dyn1]('http_action HTTP') BIND[dyn1]<B HTTP[dyn1]<B st=200 txnc "
             "refused('WRITEABLE') close('h2 pollout handle') DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d completed", "dyn1:http_action HTTP, dyn1:__lws_close_free_wsi", "response_done by lws",
     "response_done by lws"},
    {"File", CARRIER "CREATE FH('/a')<B st=200 FFC txnc refused('FFC') close('h2 end stream file') CLOSED_HTTP DEST",
     "/a completed", "", "response_done by lws", "response_done by lws"},
    {"NotFound",
     CARRIER "CREATE FH('/n')<B HTTP<B st=404 txnc refused('HTTP') close('h2 end stream 1') CLOSED_HTTP DEST",
     "/n completed", "", "response_done by lws", "response_done by lws"},
    {"Post4_1",
     CARRIER "CREATE BIND<B FH('/p')<B DROP('http action CALLBACK bind') BIND[dyn1]<B HTTP[dyn1]<B BODY_DONE[dyn1] "
             "st=200 txnc "
             "refused('BODY_DONE') close('h2 pollout handle') DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/p completed", "p0:http action CALLBACK bind, dyn1:__lws_close_free_wsi", "response_done by lws",
     "response_done by lws"},
    {"PostWithoutFilter",
     CARRIER
     "CREATE BIND[dyn1]<B HTTP[dyn1]<B BODY_DONE[dyn1] st=200 txnc refused('WRITEABLE') close('h2 pollout handle') "
     "DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "completed", "dyn1:__lws_close_free_wsi", "response_done by lws", "response_done by lws"},
    {"PeerResetsStream",
     CARRIER "CREATE FH('/d')<B BIND[dyn1]<B HTTP[dyn1]<B DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:__lws_close_free_wsi", "stream_reset by peer", "unknown by unknown"},
    {"PeerResetsStream5_0",
     CARRIER "CREATE FH('/d')<B BIND[dyn1]<B HTTP[dyn1]<B close('peer RST_STREAM') DROP[dyn1]('__lws_close_free_wsi') "
             "CLOSED_HTTP DEST",
     "/d aborted", "dyn1:__lws_close_free_wsi", "stream_reset by peer", "unknown by unknown"},
    {"CarrierEndsFirst",
     CARRIER "CREATE FH('/d')<B BIND[dyn1]<B HTTP[dyn1]<B B:close('lws_read_h2 bail') B:CLOSED_HTTP B:DEST "
             "DROP[dyn1]('__lws_close_free_wsi') CLOSED_HTTP DEST",
     "/d aborted", "dyn1:__lws_close_free_wsi", "parent_closed by lws", "parent_closed by lws"},
    {"GoAway",
     CARRIER
     "CREATE FH('/d')<B BIND[dyn1]<B HTTP[dyn1]<B B:close('lws_read_h2 bail') DROP[dyn1]('__lws_close_free_wsi') "
     "CLOSED_HTTP DEST B:close('close_and_handled') B:CLOSED_HTTP B:DEST",
     "/d aborted", "dyn1:__lws_close_free_wsi", "parent_closed by lws", "unknown by unknown"},
    {"Websocket",
     CARRIER "CREATE BIND[echo]<B FILTER[echo]<B st=200 EST[echo] PEER_CLOSE[echo]=1000 close('returned close packet') "
             "WSDROP[echo]('__lws_close_free_wsi') CLOSED[echo] DEST",
     "upgraded", ECHO_GONE, "peer_ws_close by peer 1000", "peer_ws_close by peer 1000"},
};

const std::vector<Row> kTlsRows = {
    {"HandshakeFails", "ACCEPT_TLS close('close_and_handled') DEST", "", "", "tls_failed by peer",
     "tls_failed by unknown"},
    {"HelloThenStall", "ACCEPT_TLS +20000 DEST", "", "", "tls_failed by lws", "tls_failed by unknown"},
    {"NoHandshakeBytes", "L:FNET=9 CREATE close('adopt skt fail') CLOSED_HTTP DEST", "", "", "adopt_failed by lws",
     "unknown by unknown"},
    {"KeepAliveClosesTwice",
     "ACCEPT_TLS FH('/a') st=200 FFC txnc BIND close('server socket svc fail') DROP('__lws_close_free_wsi') "
     "close('close_and_handled') CLOSED_HTTP DEST",
     "/a completed", "p0:__lws_close_free_wsi", "peer_closed by peer", "unknown by unknown"},
    {"HandshakeThenNothing", "ACCEPT_TLS close('close_and_handled') CLOSED_HTTP DEST", "", "", "peer_closed by peer",
     "unknown by unknown"},
};

}  // namespace wsitrace::test
