// SPDX-License-Identifier: MIT
//
// Handshakes that fail, and those that look alike and do not. The other side is OpenSSL on a socket that does not block.
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>

#include "troubles_identity.h"

enum { kTurns = 4000 };

static int failed, completed;
static bool distrusts;  // whatever certificate it is asked about
static bool idles;      // the visitor, until the context is destroyed

static int callback_tls(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

// --- This program is the client ---

struct server {
  struct identity shown;
  bool trusted;        // the client has its certificate as a CA
  bool wants_another;  // a certificate of the client, which has none
  int version;         // of TLS, the newest that it speaks; 0: any
  bool is_asked;       // this program's callback, about its certificate
  const char *alpn;    // the only protocol it speaks, as in the list of TLS
  X509 *authority;     // the client has this one as a CA
};

// Of protocols[0], which lws asks about certificates.
static int callback_first(DESK_ARGUMENTS) {
  (void)wsi;
  (void)user;
  (void)in;
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) return distrusts;
  if (reason == LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION) return distrusts || !len;
  return 0;
}
static const struct lws_protocols *asked_about_certificates(void) {
  static struct lws_protocols protocols[3] = {{.name = "guard", .callback = callback_first},
                                              {.name = "desk", .callback = callback_tls}};
  return protocols;
}

static struct lws_context *start_tls_client(const struct server *server) {
  static unsigned char *trusted;
  struct lws_context_creation_info info = client_info(callback_tls, 5);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  if (server->is_asked) info.protocols = asked_about_certificates();
  if (server->trusted || server->authority) {
    info.client_ssl_ca_mem_len =
        (unsigned int)i2d_X509(server->authority ? server->authority : server->shown.certificate, &trusted);
    info.client_ssl_ca_mem = trusted;
  }
  return start(&info);
}

static struct lws *ask_tls(struct lws_context *context, int port, int flags) {
  struct lws_client_connect_info info = ask_info(context, "GET", port, LCCSCF_USE_SSL | flags);
  info.host = "depot.example";
  info.alpn = "http/1.1";
  return lws_client_connect_via_info(&info);
}

static int choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *bytes, const unsigned char *offered,
                       unsigned int offered_bytes, void *alpn) {
  (void)ssl;
  const int result =
      SSL_select_next_proto((unsigned char **)chosen, bytes, alpn, (unsigned int)strlen(alpn), offered, offered_bytes);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void handshake(const struct server server, int flags, bool succeeds) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = start_tls_client(&server);
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(tls, server.shown.certificate);
  SSL_CTX_use_PrivateKey(tls, server.shown.key);
  if (server.version) SSL_CTX_set_max_proto_version(tls, server.version);
  if (server.version && server.version < TLS1_2_VERSION) SSL_CTX_set_security_level(tls, 0);
  if (server.version && server.version < TLS1_2_VERSION) SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
  if (server.wants_another) SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  if (server.alpn) SSL_CTX_set_alpn_select_cb(tls, choose_alpn, (void *)server.alpn);
  ask_tls(context, port, flags);
  const int fd = pick_up(context, listener);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  for (int turns = 0; turns < kTurns && SSL_accept(ssl) != 1 && !failed; turns++) serve_for(context, 0);
  if (!succeeds) {
    serve_until(context, &failed, 1);
  } else {
    char got[1024];
    for (int turns = 0; turns < kTurns && SSL_read(ssl, got, sizeof got) <= 0; turns++) serve_for(context, 0);
    SSL_write(ssl, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 40);
    serve_until(context, &completed, 1);
  }
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void certificate_self_signed(void) {
  handshake((struct server){.shown = identity("depot.example", kDay)}, 0, false);
}
static void certificate_expired(void) {
  handshake((struct server){.shown = identity("depot.example", -kDay), .trusted = true}, 0, false);
}
static void certificate_of_another(void) {
  handshake((struct server){.shown = identity("shop.example", kDay), .trusted = true}, 0, false);
}
static void certificate_wanted(int version) {
  const struct server server = {
      .shown = identity("depot.example", kDay), .trusted = true, .wants_another = true, .version = version};
  handshake(server, 0, false);
}
static void certificate_wanted_of_us(void) { certificate_wanted(TLS1_2_VERSION); }
static void certificate_wanted_after_all(void) { certificate_wanted(TLS1_3_VERSION); }
static void server_of_old(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .version = TLS1_1_VERSION}, 0,
            false);
}
static void alpn_not_shared(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .alpn = "\x04mqtt"}, 0, false);
}
static void alpn_shared(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .alpn = "\x08http/1.1"}, 0,
            true);
}
static void callback_distrusts_server(void) {
  distrusts = true;
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .is_asked = true}, 0, false);
}
static void callback_trusts_server(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .is_asked = true}, 0, true);
}
static void certificate_right(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true}, 0, true);
}
static void certificate_allowed(void) {
  handshake((struct server){.shown = identity("shop.example", -kDay)},
            LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED, true);
}

// A server whose certificate another one signed, that of a CA.
static void shows_signed(bool knows_authority) {
  const struct identity authority = identity("authority.example", kDay);
  const struct identity shown = identity_from("depot.example", -2 * kDay, kDay, &authority);
  handshake((struct server){.shown = shown, .authority = knows_authority ? authority.certificate : NULL}, 0,
            knows_authority);
}
static void certificate_of_unknown_ca(void) { shows_signed(false); }
static void certificate_of_known_ca(void) { shows_signed(true); }
static void certificate_of_tomorrow(void) {
  handshake((struct server){.shown = identity_from("depot.example", kDay, 2 * kDay, NULL), .trusted = true}, 0, false);
}

static void tls_asked_of_http(const char *answer) {
  int port;
  const int listener = listen_on(&port, 8);
  const struct server none = {.trusted = false};
  struct lws_context *context = start_tls_client(&none);
  ask_tls(context, port, 0);
  const int fd = pick_up(context, listener);
  serve_for(context, 20);
  if (answer) say(fd, answer);
  serve_for(context, 20);
  close(fd);
  serve_until(context, &failed, 1);
  lws_context_destroy(context);
}

static void tls_to_plain_http(void) { tls_asked_of_http("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"); }
static void tls_hung_up_on(void) { tls_asked_of_http(NULL); }

// --- This program is the server ---

static struct lws_context_creation_info tls_info(bool key_fits) {
  static unsigned char *certificate, *key;
  const struct identity of = identity("depot.example", kDay);
  struct identity keys = of;
  if (!key_fits) keys = identity("depot.example", kDay);
  struct lws_context_creation_info info = desk_info(callback_tls, 1);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.server_ssl_cert_mem_len = (unsigned int)i2d_X509(of.certificate, &certificate);
  info.server_ssl_private_key_mem_len = (unsigned int)i2d_PrivateKey(keys.key, &key);
  info.server_ssl_cert_mem = certificate;
  info.server_ssl_private_key_mem = key;
  return info;
}

static struct lws_context *start_tls_server(void) {
  const struct lws_context_creation_info info = tls_info(true);
  return start(&info);
}

// The handshake goes on until one side has had enough of it, or both are done.
static void shake_hands_badly(struct lws_context *context, SSL_CTX *tls) {
  const int fd = dial(port_of(context, "app"));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  char got[64];
  for (int turns = 0; turns < kTurns; turns++) {
    serve_for(context, 0);
    const int result = SSL_is_init_finished(ssl) ? SSL_read(ssl, got, sizeof got) : SSL_connect(ssl);
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_NONE) break;
    if (turns == kTurns - 1) give_up("the handshake did not fail");
  }
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}

static void visitor_without_certificate(void) {
  struct lws_context_creation_info info = tls_info(true);
  info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  shake_hands_badly(start(&info), SSL_CTX_new(TLS_client_method()));
}

static void visits_with(struct lws_context *context, SSL_CTX *tls, bool succeeds) {
  const int fd = dial(port_of(context, "app"));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  int result = 0;
  for (int turns = 0; turns < kTurns; turns++) {
    serve_for(context, 0);
    result = SSL_connect(ssl);
    if (result == 1 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) break;
  }
  if (succeeds != (result == 1)) give_up("not the handshake that was meant");
  if (succeeds) {
    char got[1024];
    SSL_write(ssl, TROUBLE_GET("/order"), sizeof TROUBLE_GET("/order") - 1);
    for (int turns = 0; turns < kTurns && SSL_read(ssl, got, sizeof got) <= 0; turns++) serve_for(context, 0);
    if (idles) serve_for(context, 2300);
    else SSL_shutdown(ssl);
  }
  serve_for(context, 20);
  if (!idles) hang_up(context, fd);
  lws_context_destroy(context);
}

static void visits(bool verifies) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  if (verifies) SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
  visits_with(start_tls_server(), tls, !verifies);
}
static void visitor_distrusts(void) { visits(true); }
static void visitor_trusts(void) { visits(false); }
static void visitor_idles(void) {
  idles = true;
  visits(false);
}

// Signed by a CA that this program knows.
static SSL_CTX *with_certificate(struct lws_context_creation_info *info) {
  static char known[] = "/tmp/desk-XXXXXX";
  const struct identity authority = identity("authority.example", kDay);
  const struct identity shown = identity_from("visitor.example", -2 * kDay, kDay, &authority);
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_use_certificate(tls, shown.certificate);
  SSL_CTX_use_PrivateKey(tls, shown.key);
  FILE *file = fdopen(mkstemp(known), "w");
  PEM_write_X509(file, authority.certificate);
  fclose(file);
  info->ssl_ca_filepath = known;
  info->protocols = asked_about_certificates();
  info->options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
  return tls;
}
static void visitor_is_distrusted(void) {
  struct lws_context_creation_info info = tls_info(true);
  SSL_CTX *tls = with_certificate(&info);
  distrusts = true;
  struct lws_context *context = start(&info);
  unlink(info.ssl_ca_filepath);
  shake_hands_badly(context, tls);
}
static void visitor_is_trusted(void) {
  struct lws_context_creation_info info = tls_info(true);
  SSL_CTX *tls = with_certificate(&info);
  struct lws_context *context = start(&info);
  unlink(info.ssl_ca_filepath);
  visits_with(context, tls, true);
}

static SSL_CTX *old_tls(void) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(tls, 0);
  SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
  return tls;
}
static void visitor_with_old_tls(void) { shake_hands_badly(start_tls_server(), old_tls()); }
static void visitor_with_forbidden_tls(void) {
  struct lws_context_creation_info info = tls_info(true);
  info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
  shake_hands_badly(start(&info), old_tls());
}

static void visitor_with_other_ciphers(void) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(tls, "ECDHE-RSA-AES128-GCM-SHA256");  // the key is an EC one
  shake_hands_badly(start_tls_server(), tls);
}

static void key_of_another_certificate(void) {
  const struct lws_context_creation_info info = tls_info(false);
  if (lws_create_context(&info)) give_up("the key fits");
  exit(3);
}

static void visitor_speaks_http(void) {
  struct lws_context *context = start_tls_server();
  const int fd = dial(port_of(context, "app"));
  say(fd, TROUBLE_GET("/order"));
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void visitor_says_nothing(void) {
  struct lws_context *context = start_tls_server();
  const int fd = dial(port_of(context, "app"));
  serve_for(context, 1500);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void visitor_leaves_handshake(void) {
  struct lws_context *context = start_tls_server();
  const int fd = dial(port_of(context, "app"));
  serve_for(context, 40);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}

const struct corpus_case tls_troubles[] = {
    {"certificate_self_signed", certificate_self_signed},
    {"certificate_expired", certificate_expired},
    {"certificate_of_another", certificate_of_another},
    {"certificate_of_unknown_ca", certificate_of_unknown_ca},
    {"certificate_of_known_ca", certificate_of_known_ca},
    {"certificate_of_tomorrow", certificate_of_tomorrow},
    {"certificate_wanted_of_us", certificate_wanted_of_us},
    {"certificate_wanted_after_all", certificate_wanted_after_all},
    {"server_of_old", server_of_old},
    {"alpn_not_shared", alpn_not_shared},
    {"alpn_shared", alpn_shared},
    {"callback_distrusts_server", callback_distrusts_server},
    {"callback_trusts_server", callback_trusts_server},
    {"visitor_is_distrusted", visitor_is_distrusted},
    {"visitor_is_trusted", visitor_is_trusted},
    {"certificate_right", certificate_right},
    {"certificate_allowed", certificate_allowed},
    {"tls_to_plain_http", tls_to_plain_http},
    {"tls_hung_up_on", tls_hung_up_on},
    {"visitor_distrusts", visitor_distrusts},
    {"visitor_trusts", visitor_trusts},
    {"visitor_idles", visitor_idles},
    {"visitor_speaks_http", visitor_speaks_http},
    {"visitor_says_nothing", visitor_says_nothing},
    {"visitor_leaves_handshake", visitor_leaves_handshake},
    {"visitor_without_certificate", visitor_without_certificate},
    {"visitor_with_old_tls", visitor_with_old_tls},
    {"visitor_with_forbidden_tls", visitor_with_forbidden_tls},
    {"visitor_with_other_ciphers", visitor_with_other_ciphers},
    {"key_of_another_certificate", key_of_another_certificate},
    {0},
};
