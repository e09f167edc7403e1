// expect: millrace\[REST-3\]: two routes of an API have the same method and path
#include <millrace/connect/rest.hpp>

namespace rest = millrace::connect::rest;

int status(rest::served_models& models) {
#ifdef MILLRACE_MISUSE
  const rest::api api({}, rest::predictions(models), rest::predictions(models));
#else
  const rest::api api({}, rest::predictions(models));
#endif
  return api.handle({}).status;
}
