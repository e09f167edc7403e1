#ifndef MILLRACE_CONNECT_HTTP_HPP
#define MILLRACE_CONNECT_HTTP_HPP

/// connect/http: a server of HTTP by cpp-httplib, for whatever handles requests (store/http.hpp), and what asks one.
///
/// - `server`: listens, over TLS if it has a certificate, and calls a handler with each request
/// - `transport`: carries requests to a server over plain HTTP
///
/// Needs cpp-httplib, and OpenSSL with it: connect/http.hpp is in the component `millrace::http`.

#include <millrace/connect/http/fwd.hpp>
#include <millrace/connect/http/options.hpp>
#include <millrace/connect/http/server.hpp>
#include <millrace/connect/http/transport.hpp>

#endif  // MILLRACE_CONNECT_HTTP_HPP
