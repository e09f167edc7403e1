// expect: millrace\[HTTP-1\]: the handler of requests is referred to
#include <millrace/connect/mlflow/web_pages.hpp>
#include <millrace/store/memory_storage.hpp>

namespace ms = millrace::store;

struct api {
  ms::http_response handle(const ms::http_request&) const { return {}; }
};
using pages = millrace::connect::mlflow::web_pages<ms::memory_storage, api>;

#ifdef MILLRACE_MISUSE
auto served(const ms::memory_storage& files) { return pages::make(files, api()); }
#else
auto served(const ms::memory_storage& files, const api& calls) { return pages::make(files, calls); }
#endif
