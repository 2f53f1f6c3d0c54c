#include <coqmp/greeting.hpp>

#include <algorithm>

namespace coqmp {

bool greeting::offers(std::string_view capability) const noexcept
{
    return std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
}

}  // namespace coqmp
