#include <coqmp/command.hpp>

#include <utility>

namespace coqmp {

command::command(std::string name, boost::json::object arguments) : name_(std::move(name)), arguments_(std::move(arguments)) {}

command& command::out_of_band() & noexcept
{
    out_of_band_ = true;
    return *this;
}

command command::out_of_band() && noexcept
{
    return std::move(out_of_band());
}

command& command::timeout(std::chrono::nanoseconds duration) & noexcept
{
    timeout_ = duration;
    return *this;
}

command command::timeout(std::chrono::nanoseconds duration) && noexcept
{
    return std::move(timeout(duration));
}

command& command::with_descriptor(descriptor carried) &
{
    descriptors_.push_back(std::move(carried));
    return *this;
}

command command::with_descriptor(descriptor carried) &&
{
    return std::move(with_descriptor(std::move(carried)));
}

command& command::without(std::string_view key) & noexcept
{
    arguments_.erase(boost::json::string_view(key.data(), key.size()));
    return *this;
}

command command::without(std::string_view key) && noexcept
{
    return std::move(without(key));
}

}  // namespace coqmp
