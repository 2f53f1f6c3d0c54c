#include <coqmp/testing/fake_qemu_options.hpp>

namespace coqmp::testing {

fake_qemu_options::fake_qemu_options()
{
    greeting.version.major = 9;
    greeting.version.minor = 2;
    greeting.version.package = "coqmp::testing";
    greeting.capabilities = {"oob"};
}

}  // namespace coqmp::testing
