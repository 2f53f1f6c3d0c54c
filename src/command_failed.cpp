#include <coqmp/command_failed.hpp>

#include "detail/harmless_text.hpp"

#include <utility>

namespace coqmp {

command_failed::command_failed(std::string command, command_error error)
    : boost::system::system_error(error.code()), command_(std::move(command)), error_(std::move(error))
{
    if (!command_.empty())
        what_ = command_ + ": ";
    what_ += detail::harmless(error_.class_name + ": " + error_.description);
}

}  // namespace coqmp
