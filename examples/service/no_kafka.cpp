#include "run.hpp"

namespace service {

mr::result<void> run_on_kafka(loaded, const options&, const signals&) {
  return mr::error(mr::errc::unsupported,
                   "this service was built without librdkafka: source.kind can be local or stdin");
}

}  // namespace service
