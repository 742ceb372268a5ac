// SPDX-License-Identifier: MIT
//
// TLS servers: a connection is told of before its handshake, and is closed twice, once to say goodbye. The client is OpenSSL on a
// socket that does not block.
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "corpus.h"

#define GET "GET / HTTP/1.1\r\nHost: app\r\n\r\n"

enum { kAWhileMs = 100, kTurns = 4000 };

// A key and a certificate that says nothing but that it is valid for a day.
static void make_certificate(struct lws_context_creation_info *info) {
  static unsigned char *certificate, *key;
  EVP_PKEY *pkey = EVP_EC_gen("P-256");
  X509 *x509 = X509_new();
  if (!pkey || !x509) give_up("no certificate");
  X509_gmtime_adj(X509_getm_notBefore(x509), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509), 86400);
  X509_set_pubkey(x509, pkey);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, (const unsigned char *)"app", -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(x509));
  X509_sign(x509, pkey, EVP_sha256());
  certificate = key = NULL;
  info->server_ssl_cert_mem_len = (unsigned int)i2d_X509(x509, &certificate);
  info->server_ssl_private_key_mem_len = (unsigned int)i2d_PrivateKey(pkey, &key);
  info->server_ssl_cert_mem = certificate;
  info->server_ssl_private_key_mem = key;
  X509_free(x509);
  EVP_PKEY_free(pkey);
}

static struct lws_context *start_tls(const struct handlers *handlers) {
  static struct lws_protocols protocols[3] = {PROTOCOL_HTTP};
  protocols[1] = (struct lws_protocols)PROTOCOL_DYN(*handlers);
  struct lws_context_creation_info info = app_info(protocols);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.timeout_secs = info.timeout_secs_ah_idle = 1;
  info.keepalive_timeout = 1;
  make_certificate(&info);
  return start(&info);
}

static SSL *enter(struct lws_context *context) {
  SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
  const int fd = dial(port_of(context, "app"));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL_set_fd(ssl, fd);
  for (int turns = 0; SSL_connect(ssl) != 1; turns++) {
    if (turns == kTurns) give_up("no handshake");
    serve_for(context, 0);
  }
  return ssl;
}

static void ask(struct lws_context *context, SSL *ssl) {
  char got[4096] = "";
  size_t have = 0;
  if (SSL_write(ssl, GET, sizeof GET - 1) < 0) give_up("cannot send");
  for (int turns = 0; !strstr(got, "hello\n"); turns++) {
    if (turns == kTurns) give_up("the answer did not come");
    serve_for(context, 0);
    const int bytes = SSL_read(ssl, got + have, (int)(sizeof got - 1 - have));
    if (bytes > 0) have += (size_t)bytes;
  }
}

static void leave(struct lws_context *context, SSL *ssl) {
  SSL_shutdown(ssl);
  hang_up(context, SSL_get_fd(ssl));
}

// --- Faults ---

static void forgets_client_leaves(void) {
  struct lws_context *context = start_tls(&forgetful);
  SSL *ssl = enter(context);
  ask(context, ssl);
  serve_for(context, kAWhileMs);
  leave(context, ssl);
  lws_context_destroy(context);
}

static void forgets_until_timeout(void) {
  struct lws_context *context = start_tls(&forgetful);
  SSL *ssl = enter(context);
  ask(context, ssl);
  serve_for(context, 1300);
  leave(context, ssl);
  lws_context_destroy(context);
}

// --- Clean ---

static void completes(void) {
  struct lws_context *context = start_tls(&careful);
  for (int i = 0; i < 5; i++) {
    SSL *ssl = enter(context);
    ask(context, ssl);
    ask(context, ssl);
    leave(context, ssl);
  }
  lws_context_destroy(context);
}

static void idle_at_destroy(void) {
  struct lws_context *context = start_tls(&careful);
  for (int i = 0; i < 5; i++) ask(context, enter(context));
  lws_context_destroy(context);
}

static void idle_until_timeout(void) {
  struct lws_context *context = start_tls(&careful);
  SSL *ssl = enter(context);
  ask(context, ssl);
  serve_for(context, 1300);
  leave(context, ssl);
  lws_context_destroy(context);
}

static void nothing_asked(void) {
  struct lws_context *context = start_tls(&careful);
  leave(context, enter(context));
  lws_context_destroy(context);
}

static void no_tls_spoken(void) {
  struct lws_context *context = start_tls(&careful);
  const int fd = dial(port_of(context, "app"));
  say(fd, GET);
  expect_end(context, fd);
  lws_context_destroy(context);
}

static void handshake_broken_off(void) {
  struct lws_context *context = start_tls(&careful);
  for (int i = 0; i < 5; i++) {
    const int fd = dial(port_of(context, "app"));
    serve_for(context, 20);
    hang_up(context, fd);
  }
  lws_context_destroy(context);
}

static void handshake_stalls(void) {
  struct lws_context *context = start_tls(&careful);
  const int fd = dial(port_of(context, "app"));
  serve_for(context, 1300);
  hang_up(context, fd);
  lws_context_destroy(context);
}

static void handshake_at_destroy(void) {
  struct lws_context *context = start_tls(&careful);
  dial(port_of(context, "app"));
  serve_for(context, 20);
  lws_context_destroy(context);
}

static const struct corpus_case cases[] = {
    {"forgets_client_leaves", forgets_client_leaves},
    {"forgets_until_timeout", forgets_until_timeout},
    {"completes", completes},
    {"idle_at_destroy", idle_at_destroy},
    {"idle_until_timeout", idle_until_timeout},
    {"nothing_asked", nothing_asked},
    {"no_tls_spoken", no_tls_spoken},
    {"handshake_broken_off", handshake_broken_off},
    {"handshake_stalls", handshake_stalls},
    {"handshake_at_destroy", handshake_at_destroy},
    {0},
};

int main(int argc, char **argv) { return corpus_main(argc, argv, cases); }
