// expect: millrace\[MLFLOW-3\]: a client needs a transport
#include <millrace/connect/mlflow/tracking_client.hpp>

namespace ms = millrace::store;
namespace mlflow = millrace::connect::mlflow;

struct handler {
  ms::http_response handle(const ms::http_request&) const { return {}; }
};

#ifdef MILLRACE_MISUSE
using transport = handler;
#else
using transport = ms::handler_transport<handler>;
#endif

auto found(mlflow::tracking_client<transport>& one) { return one.get_run("r"); }
