#include <millrace/core/id.hpp>
