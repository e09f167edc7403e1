// expect: millrace\[REST-1\]: an API is made of parts
#include <millrace/connect/rest.hpp>

namespace rest = millrace::connect::rest;

int status(rest::served_models& models) {
#ifdef MILLRACE_MISUSE
  const rest::api api({}, &models);
#else
  const rest::api api({}, rest::predictions(models));
#endif
  return api.handle({}).status;
}
