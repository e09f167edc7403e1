#ifndef MILLRACE_MODEL_NETWORK_ACTIVATION_HPP
#define MILLRACE_MODEL_NETWORK_ACTIVATION_HPP

#include <millrace/core/activation.hpp>

namespace millrace {
inline namespace v0 {
namespace model {

using millrace::activation;
using millrace::parse_activation;
using millrace::to_string;

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_NETWORK_ACTIVATION_HPP
