// SPDX-License-Identifier: MIT
//
// Logs of which each shows the doctor something else, in the words of tests/unit/timeline/script.h.
#ifndef WSITRACE_TESTS_FUZZ_DOCTOR_SEEDS_H
#define WSITRACE_TESTS_FUZZ_DOCTOR_SEEDS_H

namespace wsitrace {

struct DoctorSeed {
  const char *name;
  const char *words;
};

inline constexpr DoctorSeed kDoctorSeeds[] = {
    {"response_owed", "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +1500"},
    {"response_cut", "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=200 +1500 part('7/100')=1400"},
    {"answered_twice",
     "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] st=404 st=200 txnc close('server socket svc fail') CLOSED_HTTP DEST"},
    {"blocked", "ACCEPT FH('/d') BIND[dyn] HTTP[dyn] +900 lasted('HTTP')=880 txnc B:ACCEPT B:FH('/a') B:FFC B:txnc"},
    {"turned_away", "L:FNET=7 L:refused('FNET') +5 L:FNET=7 L:refused('FNET')"},
    {"upgrade_refused", "ACCEPT CONFIRM('/w') close('lws_read_h1 bail') DEST"},
    {"timeout", "ACCEPT FH('/a') st=200 +5000 CLOSED_HTTP DEST"},
    {"context_gone", "CONTEXT B:ACCEPT C:ACCEPT C:FH('/a') C:BIND[dyn] C:HTTP[dyn] CONTEXT_END=0 CONTEXT_END=1"},
    {"refused",
     "connect('shop/order')=80 CBIND NEW=9 CCE('Unable to connect')#111 close('client_connect2') CDROP('x') DEST"},
    {"name", "connect('shop/order')=80 CBIND failed('lws_client_connect_via_info')=5#-3"},
    {"proxy", "connect('shop/order')=80 CBIND NEW=9 CREATE CCE('http_proxy -> 403') close('cbail3') CDROP('x') DEST"},
    {"no_http",
     "connect('shop/order')=80 CBIND NEW=9 CREATE APPEND CCE('read failed')=-1 close('cbail3') CDROP('x') DEST"},
    {"late_loop",
     "CBIND NEW=9 +1500 CREATE PRE_EST=9 CEST PEER_CLOSE=1000 close('close_and_handled') WSCDROP('x') CCLOSED DEST"},
    {"unanswered", "CONTEXT CBIND NEW=9 +700 close('ctx destroy')=9999 CDROP('__lws_close_free_wsi') DEST"},
    {"crash", "VHOST PROTOCOL_INIT ACCEPT FH('/d') BIND[dyn] HTTP[dyn]"},
};

}  // namespace wsitrace

#endif
