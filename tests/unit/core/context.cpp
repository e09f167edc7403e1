#include <millrace/core/context.hpp>
