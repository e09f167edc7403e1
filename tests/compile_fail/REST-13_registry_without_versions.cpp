// expect: millrace\[REST-13\]: a stages_panel shows a registry
#include <millrace/connect/rest/dashboard/stages_panel.hpp>
#include <millrace/registry/model_registry.hpp>
#include <millrace/store/memory_storage.hpp>

namespace rest = millrace::connect::rest;
namespace ms = millrace::store;

#ifdef MILLRACE_MISUSE
auto panel(ms::memory_storage& models) { return rest::stages_panel(models); }
#else
auto panel(millrace::registry::model_registry<ms::memory_storage>& models) { return rest::stages_panel(models); }
#endif
