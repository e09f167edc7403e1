// The other side of exports.py: writes models of ours into a folder, as exports.hpp says.
#include "exports.hpp"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: interop_exports FOLDER\n", stderr);
    return 2;
  }
  exports::writer to(arguments[1]);
  exports::write_sums(to);
  exports::write_trees(to);
  exports::write_networks(to);
  exports::write_pipelines(to);
  return to.failed() != 0;
}
