// SPDX-License-Identifier: MIT
#include "troubles_identity.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

struct identity identity_from(const char *name, long from_s, long to_s, const struct identity *signer) {
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

struct identity identity(const char *name, long life_s) {
  return identity_from(name, -2 * kDay, life_s, NULL);
}
