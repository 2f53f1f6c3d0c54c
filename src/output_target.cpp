#include <coqmp/output_target.hpp>

namespace coqmp {

output_target output_target::file(std::string path)
{
    output_target result(kind::file);
    result.path_ = std::move(path);
    return result;
}

output_target output_target::to(coqmp::descriptor target)
{
    output_target result(kind::descriptor);
    result.descriptor_ = std::move(target);
    return result;
}

output_target output_target::lines(line_callback callback)
{
    output_target result(kind::lines);
    result.callback_ = std::move(callback);
    return result;
}

}  // namespace coqmp
