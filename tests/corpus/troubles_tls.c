// SPDX-License-Identifier: MIT
//
// Handshakes that fail, and those that look alike and do not. The other side is OpenSSL on a socket that does not block.
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "troubles.h"

enum { kTurns = 4000, kDay = 86400 };

static int failed, completed;

static int callback_tls(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed++; break;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: completed++; break;
    case LWS_CALLBACK_HTTP: return answer(wsi) ? -1 : complete(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read_answer(wsi);
    default: break;
  }
  return 0;
}

struct identity {
  EVP_PKEY *key;
  X509 *certificate;
};

// For NAME, valid from FROM_S seconds on to TO_S, both from now; signed by SIGNER, or by itself.
static struct identity identity_from(const char *name, long from_s, long to_s, const struct identity *signer) {
  struct identity of = {EVP_EC_gen("P-256"), X509_new()};
  if (!of.key || !of.certificate) give_up("no certificate");
  X509_set_version(of.certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(of.certificate), 7);
  X509_gmtime_adj(X509_getm_notBefore(of.certificate), from_s);
  X509_gmtime_adj(X509_getm_notAfter(of.certificate), to_s);
  X509_set_pubkey(of.certificate, of.key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(of.certificate), "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                             -1, 0);
  X509_set_issuer_name(of.certificate, X509_get_subject_name(signer ? signer->certificate : of.certificate));
  char names[128];
  lws_snprintf(names, sizeof names, "DNS:%s", name);
  X509_EXTENSION *alternatives = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
  X509_add_ext(of.certificate, alternatives, -1);
  X509_EXTENSION *authority =
      X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, signer ? "critical,CA:FALSE" : "critical,CA:TRUE");
  X509_add_ext(of.certificate, authority, -1);
  X509_sign(of.certificate, signer ? signer->key : of.key, EVP_sha256());
  return of;
}

// Signed by itself, from the past for LIFE_S seconds more (negative: it was over before).
static struct identity identity(const char *name, long life_s) { return identity_from(name, -2 * kDay, life_s, NULL); }

// --- This program is the client ---

struct server {
  struct identity shown;
  bool trusted;        // the client has its certificate as a CA
  bool wants_another;  // a certificate of the client, which has none
  X509 *authority;     // the client has this one as a CA
};

static struct lws_context *start_tls_client(const struct server *server) {
  static unsigned char *trusted;
  struct lws_context_creation_info info = client_info(callback_tls, 5);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
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
  return lws_client_connect_via_info(&info);
}

static void handshake(const struct server server, int flags, bool succeeds) {
  int port;
  const int listener = listen_on(&port, 8);
  struct lws_context *context = start_tls_client(&server);
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(tls, server.shown.certificate);
  SSL_CTX_use_PrivateKey(tls, server.shown.key);
  if (server.wants_another) {
    SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  }
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
static void certificate_wanted_of_us(void) {
  handshake((struct server){.shown = identity("depot.example", kDay), .trusted = true, .wants_another = true}, 0,
            false);
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

static void visits(bool verifies) {
  struct lws_context *context = start_tls_server();
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  if (verifies) SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
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
  if (verifies != (result != 1)) give_up("not the handshake that was meant");
  if (!verifies) {
    char got[1024];
    SSL_write(ssl, TROUBLE_GET("/order"), sizeof TROUBLE_GET("/order") - 1);
    for (int turns = 0; turns < kTurns && SSL_read(ssl, got, sizeof got) <= 0; turns++) serve_for(context, 0);
    SSL_shutdown(ssl);
  }
  serve_for(context, 20);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void visitor_distrusts(void) { visits(true); }
static void visitor_trusts(void) { visits(false); }

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
    {"certificate_right", certificate_right},
    {"certificate_allowed", certificate_allowed},
    {"tls_to_plain_http", tls_to_plain_http},
    {"tls_hung_up_on", tls_hung_up_on},
    {"visitor_distrusts", visitor_distrusts},
    {"visitor_trusts", visitor_trusts},
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
