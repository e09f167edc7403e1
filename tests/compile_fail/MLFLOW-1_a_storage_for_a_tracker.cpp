// expect: millrace\[MLFLOW-1\]: a server of MLflow's API has its runs in a tracker
#include <millrace/connect/mlflow.hpp>
#include <millrace/store/memory_storage.hpp>

namespace ms = millrace::store;

int status(ms::memory_storage& storage, millrace::track::tracker<ms::memory_storage>& tracker) {
#ifdef MILLRACE_MISUSE
  static_cast<void>(tracker);
  const millrace::connect::mlflow::server server(storage);
#else
  static_cast<void>(storage);
  const millrace::connect::mlflow::server server(tracker);
#endif
  return server.handle({}).status;
}
