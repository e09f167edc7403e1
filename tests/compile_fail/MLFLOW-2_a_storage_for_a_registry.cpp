// expect: millrace\[MLFLOW-2\]: a server of MLflow's API has its models in a registry
#include <millrace/connect/mlflow.hpp>
#include <millrace/registry.hpp>
#include <millrace/store/memory_storage.hpp>

namespace ms = millrace::store;

int status(ms::memory_storage& storage, millrace::track::tracker<ms::memory_storage>& tracker,
           millrace::registry::model_registry<ms::memory_storage>& models) {
#ifdef MILLRACE_MISUSE
  static_cast<void>(models);
  const millrace::connect::mlflow::server server(tracker, storage);
#else
  static_cast<void>(storage);
  const millrace::connect::mlflow::server server(tracker, models);
#endif
  return server.handle({}).status;
}
