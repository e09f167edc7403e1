// expect: millrace\[HTTP-2\]: cpp-httplib's classes are others with the macro CPPHTTPLIB_OPENSSL_SUPPORT
#ifdef MILLRACE_MISUSE
#undef CPPHTTPLIB_OPENSSL_SUPPORT
#elif !defined(CPPHTTPLIB_OPENSSL_SUPPORT)
#define CPPHTTPLIB_OPENSSL_SUPPORT
#endif
#include <millrace/connect/http.hpp>

std::uint16_t port(const millrace::connect::http::server& of) { return of.port(); }
