// SPDX-License-Identifier: Apache-2.0
// http_callbacks.h - What libmicrohttpd and GnuTLS call of the HttpServer. None lets an exception
// out. Only for its source files.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include <string>

#include "api/http_server.h"

namespace iotcard {

struct HttpServer::Callbacks {
  // A connection begins or ends.
  static void connection(void* server, MHD_Connection* handle, void** context,
                         MHD_ConnectionNotificationCode code) noexcept;
  static void* target(void* server, const char* target, MHD_Connection* handle) noexcept;
  static size_t unescape(void* server, MHD_Connection* handle, char* text) noexcept;
  // Called with the head, with each piece of the body, at the end, and after a resumption.
  static MHD_Result request(void* server, MHD_Connection* handle, const char* path,
                            const char* method, const char* version, const char* piece,
                            size_t* piece_size, void** context) noexcept;
  static ssize_t next_bytes(void* connection, uint64_t position, char* to, size_t max) noexcept;
  // An answer has been sent, or the connection is over.
  static void completed(void* server, MHD_Connection* handle, void** context,
                        MHD_RequestTerminationCode code) noexcept;
  static int give_certificate(gnutls_session_t session, const gnutls_datum_t* authorities,
                              int authority_count, const gnutls_pk_algorithm_t* algorithms,
                              int algorithm_count, gnutls_pcert_st** chain, unsigned* length,
                              gnutls_privkey_t* key) noexcept;

  static ClientConnection* of(MHD_Connection* handle);  // null: there was no memory for it
};

void log_problem(const ApiHost& host, const char* what, const char* why) noexcept;

// A whole answer, for when the library takes none.
std::string raw_error(const ApiError& error);

}  // namespace iotcard
