// expect: millrace\[DATABRICKS-1\]: a workspace is reached by an http_transport
#include <millrace/connect/databricks/workspace.hpp>

namespace db = millrace::connect::databricks;
namespace ms = millrace::store;

struct carrier {
#ifdef MILLRACE_MISUSE
  ms::http_response send(const ms::http_request&) { return {}; }
#else
  millrace::result<ms::http_response> send(const ms::http_request&) { return ms::http_response{}; }
#endif
};

const std::string& host_of(const db::workspace<carrier>& one) { return one.host(); }
