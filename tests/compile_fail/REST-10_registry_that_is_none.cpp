// expect: millrace\[REST-10\]: versions of models are kept in a registry
#include <millrace/connect/rest/parts/model_stages.hpp>
#include <millrace/store/memory_storage.hpp>

namespace rest = millrace::connect::rest;
namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
auto part(ms::memory_storage& models) { return rest::model_stages(models); }
#else
auto part(millrace::registry::model_registry<ms::memory_storage>& models) { return rest::model_stages(models); }
#endif
