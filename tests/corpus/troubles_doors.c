// SPDX-License-Identifier: MIT
//
// Servers that are not there for those who come: sockets, vhosts, certificates and keys that are not what they should be.
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "troubles_identity.h"

enum { kTurns = 4000 };

static int callback_doors(DESK_ARGUMENTS) {
  (void)user;
  (void)in;
  (void)len;
  return reason == LWS_CALLBACK_HTTP && (answer(wsi) || complete(wsi)) ? -1 : 0;
}

static void vhost_forgotten(void) {
  struct lws_context_creation_info info = desk_info(callback_doors, 20);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.port = unused_port();
  struct lws_context *context = lws_create_context(&info);
  if (!context) give_up("no context");
  serve_for(context, 700);
  lws_context_destroy(context);
}
static void vhost_not_forgotten(void) {
  struct lws_context_creation_info info = desk_info(callback_doors, 20);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
  info.port = unused_port();
  struct lws_context *context = lws_create_context(&info);
  if (!context || !lws_create_vhost(context, &info)) give_up("no vhost");
  serve_for(context, 700);
  lws_context_destroy(context);
}

// Its certificate, which visitors trust.
static X509 *give_certificate(struct lws_context_creation_info *info, const char *name) {
  unsigned char *certificate = NULL, *key = NULL;
  const struct identity of = identity(name, kDay);
  info->server_ssl_cert_mem_len = (unsigned int)i2d_X509(of.certificate, &certificate);
  info->server_ssl_private_key_mem_len = (unsigned int)i2d_PrivateKey(of.key, &key);
  info->server_ssl_cert_mem = certificate;
  info->server_ssl_private_key_mem = key;
  return of.certificate;
}

// Two shops on one port; the visitor comes to the smithy, whose vhost is NAMED, and leaves where the certificate is another's.
static void shops(const char *named, bool is_found) {
  struct lws_context_creation_info info = desk_info(callback_doors, 20);
  info.options |= LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  struct lws_context *context = lws_create_context(&info);
  if (!context) give_up("no context");
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
  const int port = unused_port();
  X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), give_certificate(&info, "bakery.example"));
  add_vhost(context, &info, "bakery.example", port);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), give_certificate(&info, "smithy.example"));
  add_vhost(context, &info, named, port);
  const int fd = dial(port);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  SSL *ssl = SSL_new(tls);
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, "smithy.example");
  SSL_set1_host(ssl, "smithy.example");
  int result = 0;
  for (int turns = 0; turns < kTurns; turns++) {
    serve_for(context, 0);
    result = SSL_connect(ssl);
    if (result == 1 || SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ) break;
  }
  if (is_found != (result == 1)) give_up("not the certificate that was meant");
  if (is_found) SSL_write(ssl, TROUBLE_GET("/order"), sizeof TROUBLE_GET("/order") - 1);
  serve_for(context, 100);
  hang_up(context, fd);
  serve_for(context, 20);
  lws_context_destroy(context);
}
static void shop_without_name(void) { shops("workshop", false); }
static void shop_with_name(void) { shops("smithy.example", true); }

static struct lws_context_creation_info socket_info(const char *path, const char *owner) {
  struct lws_context_creation_info info = desk_info(callback_doors, 20);
  info.options |= LWS_SERVER_OPTION_UNIX_SOCK;
  info.iface = path;
  info.unix_socket_perms = owner;
  return info;
}
static void socket_of_nobody(void) {
  const struct lws_context_creation_info info = socket_info("/tmp/desk-of-nobody.sock", "nobody-of-that-name:nogroup");
  struct lws_context *context = lws_create_context(&info);
  if (!context) exit(3);
  serve_for(context, 100);
  lws_context_destroy(context);
  unlink(info.iface);
}
static void socket_path_too_long(void) {
  static char path[140];
  memset(path, 'm', sizeof path - 1);
  memcpy(path, "/tmp/", 5);
  const struct lws_context_creation_info info = socket_info(path, NULL);
  struct lws_context *context = lws_create_context(&info);
  if (!context) exit(3);
  serve_for(context, 100);
  lws_context_destroy(context);
}

static void key_is_encrypted(void) {
  static char certificate[] = "/tmp/desk-XXXXXX", key[] = "/tmp/desk-XXXXXX";
  const struct identity of = identity("depot.example", kDay);
  FILE *shown = fdopen(mkstemp(certificate), "w"), *kept = fdopen(mkstemp(key), "w");
  PEM_write_X509(shown, of.certificate);
  PEM_write_PrivateKey(kept, of.key, EVP_aes_256_cbc(), (unsigned char *)"sesame", 6, NULL, NULL);
  fclose(shown);
  fclose(kept);
  struct lws_context_creation_info info = desk_info(callback_doors, 20);
  info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  info.ssl_cert_filepath = certificate;
  info.ssl_private_key_filepath = key;
  info.ssl_private_key_password = "simsalabim";
  struct lws_context *context = lws_create_context(&info);
  unlink(certificate);
  unlink(key);
  if (context) give_up("the key was read");
  exit(3);
}

const struct corpus_case door_troubles[] = {
    {"socket_of_nobody", socket_of_nobody},   {"socket_path_too_long", socket_path_too_long},
    {"vhost_forgotten", vhost_forgotten},     {"vhost_not_forgotten", vhost_not_forgotten},
    {"shop_without_name", shop_without_name}, {"shop_with_name", shop_with_name},
    {"key_is_encrypted", key_is_encrypted},   {0},
};
