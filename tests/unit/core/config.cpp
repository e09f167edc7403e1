#include <millrace/core/config.hpp>
