// SPDX-License-Identifier: MIT
#include "tests/unit/timeline/rows.h"

namespace wsitrace::test {

#define CGONE "CDROP('__lws_close_free_wsi') CLOSED_CLIENT_HTTP DEST"
#define BOUND "p0:__lws_close_free_wsi"

const std::vector<Row> kOutboundRows = {
    {"HttpAnswered4_1", "CBIND NEW=9 CREATE PRE_EST=9 ANSWER ANSWERED close('close_and_handled') " CGONE, "", BOUND,
     "response_done by lws", "response_done by lws"},
    {"HttpAnswered", "CBIND CONNECTING NEW=9 CREATE PRE_EST=9 ANSWER ANSWERED close('close_and_handled') " CGONE, "",
     BOUND, "response_done by lws", "response_done by lws"},
    {"QueuedOnAnotherSocket5_0", "CBIND NEW=-1 ANSWER ANSWERED CDROP('x') DEST", "", "p0:x", "response_done by lws",
     "response_done by lws"},
    {"Refused4_1", "CBIND NEW=9 CCE('Unable to connect') close('client_connect2') CDROP('__lws_close_free_wsi') DEST",
     "", BOUND, "connect_failed by unknown", "connect_failed by unknown"},
    {"Refused",
     "CBIND CONNECTING NEW=9 CCE('conn fail: 111') close('client_connect3') CDROP('__lws_close_free_wsi') DEST", "",
     BOUND, "connect_failed by peer", "connect_failed by peer"},
    {"Refused4_1ByItsError",
     "CBIND NEW=9 CCE('Unable to connect')#111 close('client_connect2') CDROP('__lws_close_free_wsi') DEST", "", BOUND,
     "connect_failed by peer", "connect_failed by peer"},
    {"Unreachable4_1",
     "CBIND NEW=9 CCE('Unable to connect')#113 close('client_connect2') CDROP('__lws_close_free_wsi') DEST", "", BOUND,
     "connect_failed by lws", "connect_failed by lws"},
    {"ProxySaysNo4_1", "CBIND NEW=9 CREATE CCE('proxy not h1')=407 close('cbail3') CDROP('__lws_close_free_wsi') DEST",
     "", BOUND, "handshake_failed by peer", "handshake_failed by peer"},
    {"ContextEndsHandshake",
     "CONTEXT CBIND NEW=9 CREATE close('ctx destroy')=9999 CDROP('__lws_close_free_wsi') CCE('Closed before conn') "
     "DEST",
     "", BOUND, "context_destroyed by local", "handshake_failed by unknown"},
    {"ConnectTimesOut", "CBIND NEW=9 +1000 CDROP('__lws_close_free_wsi') CCE('closed before established') DEST('2/1')",
     "", BOUND, "connect_failed by lws", "connect_failed by lws"},
    {"DnsFails", "CBIND CCE('DNS NXDOMAIN') close('client_connect2') CDROP('__lws_close_free_wsi') DEST", "", BOUND,
     "connect_failed by lws", "connect_failed by lws"},
    {"DnsFails4_1", "CBIND failed('lws_client_connect_via_info')=5", "", "p0:settled_by_destroy",
     "connect_failed by lws", "connect_failed by lws"},
    {"PeerClosesBeforeReply",
     "CBIND NEW=9 CREATE CCE('read failed') close('cbail3') CDROP('__lws_close_free_wsi') DEST", "", BOUND,
     "handshake_failed by peer", "handshake_failed by peer"},
    {"PeerHangs4_1", "CBIND NEW=9 CREATE +20000 " CGONE, "", BOUND, "timeout by lws", "unknown by unknown"},
    {"PeerHangs", "CBIND NEW=9 CREATE +20000 CCE('Timed out waiting server reply') CDROP('__lws_close_free_wsi') DEST",
     "", BOUND, "timeout by lws", "timeout by lws"},
    {"PeerClosesInMidBody", "CBIND NEW=9 CREATE ANSWER close('close_and_handled') " CGONE, "", BOUND,
     "peer_closed by peer", "unknown by unknown"},
    {"Redirected4_1",
     "CBIND NEW=9 CREATE REDIRECT CDROP('lws_client_reset') CBIND CREATE ANSWER ANSWERED "
     "close('close_and_handled') " CGONE,
     "", "p0:lws_client_reset, " BOUND, "response_done by lws", "response_done by lws"},
    {"RedirectedClosesAndLivesOn",
     "CBIND CONNECTING NEW=9 CREATE REDIRECT close('redir') CDROP('client_reset') CBIND CONNECTING CREATE ANSWER "
     "ANSWERED "
     "close('close_and_handled') " CGONE,
     "", "p0:client_reset, " BOUND, "response_done by lws", "response_done by lws"},
    {"WebsocketPeerCloses",
     "CBIND NEW=9 CREATE ANSWER PRE_EST=9 CEST PEER_CLOSE=1000 close('close_and_handled') "
     "WSCDROP('__lws_close_free_wsi') CCLOSED "
     "DEST",
     "", BOUND, "peer_ws_close by peer 1000", "peer_ws_close by peer 1000"},
    {"WebsocketRefused",
     "CBIND NEW=9 CREATE ANSWER CCE('HS: ws upgrade response not 101') close('c hs interp') "
     "CDROP('__lws_close_free_wsi') DEST",
     "", BOUND, "upgrade_refused by peer", "upgrade_refused by peer"},
    {"UnknownLocalProtocol", "NEW=9 CREATE CCE('read failed') DEST", "", "", "handshake_failed by peer",
     "handshake_failed by peer"},
    {"Raw", "RBIND CREATE RCONNECTED=9 close('raw svc fail') RDROP('__lws_close_free_wsi') RCLOSE DEST", "", BOUND,
     "peer_closed by peer", "unknown by unknown"},
    {"NetworkConnectionOfH2", "CBIND NEW=9 CREATE close('close_and_handled') DEST", "", "p0:settled_by_destroy",
     "peer_closed by peer", "unknown by unknown"},
    {"QueuedBehindOneThatIsRefused",
     "connect('h/1')=80 B:CBIND B:NEW=9 connect('h/2')=80 CBIND NEW=-1 B:CCE('conn fail: 111') "
     "B:close('client_connect3') CDROP('__lws_close_free_wsi') DEST B:CDROP('__lws_close_free_wsi') B:DEST",
     "", BOUND, "leader_failed by lws", "leader_failed by lws"},
    {"QueuedBehindOneThatIsFreedFirst",
     "connect('h/1')=80 B:CBIND B:NEW=9 connect('h/2')=80 CBIND NEW=-1 B:CREATE B:APPEND B:CCE('read failed') "
     "B:close('cbail3') B:CDROP('__lws_close_free_wsi') B:DEST " CGONE,
     "", BOUND, "leader_failed by lws", "leader_failed by lws"},
    {"AloneAfterOneThatFailed",
     "connect('h/1')=80 B:CBIND B:NEW=9 B:CREATE B:CCE('read failed') B:close('cbail3') "
     "B:CDROP('__lws_close_free_wsi') B:DEST connect('h/2')=80 CBIND NEW=9 " CGONE,
     "", BOUND, "connect_failed by unknown", "unknown by unknown"},
    {"QueuedBehindOneThatTimesOut",
     "connect('h/1')=80 B:CBIND B:NEW=9 +20000 connect('h/2')=80 CBIND NEW=-1 B:CCE('Timed out waiting server reply') "
     "CDROP('__lws_close_free_wsi') DEST B:CDROP('__lws_close_free_wsi') B:DEST",
     "", BOUND, "leader_failed by lws", "leader_failed by lws"},
    {"BesideOneThatIsRefusedByAnotherServer",
     "connect('other/1')=80 B:CBIND B:NEW=9 connect('h/2')=80 CBIND NEW=-1 B:CCE('conn fail: 111') "
     "B:close('client_connect3') CDROP('__lws_close_free_wsi') DEST B:CDROP('__lws_close_free_wsi') B:DEST",
     "", BOUND, "connect_failed by unknown", "unknown by unknown"},
    {"ContextDestroyed", "CBIND NEW=9 CREATE ANSWER close('ctx destroy')=9999 " CGONE, "", BOUND,
     "context_destroyed by local", "unknown by unknown"},
};

const std::vector<Row> kAdoptedRows = {
    {"HttpSocket",
     "CREATE NEW=9 FH('/a') st=200 FFC txnc BIND close('server socket svc fail') DROP('__lws_close_free_wsi') "
     "CLOSED_HTTP DEST",
     "/a completed", BOUND, "peer_closed by peer", "unknown by unknown"},
    {"RawSocket", "CREATE RBIND RADOPT=9 close('raw svc fail') RDROP('__lws_close_free_wsi') RCLOSE DEST", "", BOUND,
     "peer_closed by peer", "unknown by unknown"},
    {"RawFile", "CREATE RFILE close('close_and_handled') RCLOSE_FILE DEST", "", "", "peer_closed by peer",
     "unknown by unknown"},
    {"UdpBindsAgain",
     "CREATE RBIND RADOPT=9 RDROP('rops_adoption_bind_raw_skt') RBIND close('raw svc fail') "
     "RDROP('__lws_close_free_wsi') RCLOSE "
     "DEST",
     "", "p0:rops_adoption_bind_raw_skt, " BOUND, "peer_closed by peer", "unknown by unknown"},
    {"ChildOfAnother", "CREATE RBIND RADOPT=9 RDROP('__lws_close_free_wsi') RCLOSE CHILD_CLOSING DEST", "", BOUND,
     "parent_closed by lws", "parent_closed by lws"},
    {"KilledByApplication", "CREATE RBIND RADOPT=9 close('to sync kill') RDROP('__lws_close_free_wsi') RCLOSE DEST", "",
     BOUND, "handler_closed by local", "unknown by unknown"},
    {"UnknownProtocol", "CREATE failed('lws_adopt_descriptor_vhost')=5", "", "", "adopt_failed by lws",
     "adopt_failed by lws"},
};

}  // namespace wsitrace::test
