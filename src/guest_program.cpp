#include <coqmp/guest_program.hpp>

namespace coqmp {

guest_program& guest_program::argument(std::string text) &
{
    arguments_.push_back(std::move(text));
    return *this;
}

guest_program guest_program::argument(std::string text) &&
{
    return std::move(argument(std::move(text)));
}

guest_program& guest_program::environment(std::string_view name, std::string_view value) &
{
    environment_.push_back(std::string(name) + '=' + std::string(value));
    return *this;
}

guest_program guest_program::environment(std::string_view name, std::string_view value) &&
{
    return std::move(environment(name, value));
}

guest_program& guest_program::input(std::string bytes) &
{
    input_ = std::move(bytes);
    return *this;
}

guest_program guest_program::input(std::string bytes) &&
{
    return std::move(input(std::move(bytes)));
}

guest_program& guest_program::capture(bool wanted) & noexcept
{
    capture_ = wanted;
    return *this;
}

guest_program guest_program::capture(bool wanted) && noexcept
{
    return std::move(capture(wanted));
}

guest_program& guest_program::timeout(std::chrono::nanoseconds duration) & noexcept
{
    timeout_ = duration;
    return *this;
}

guest_program guest_program::timeout(std::chrono::nanoseconds duration) && noexcept
{
    return std::move(timeout(duration));
}

}  // namespace coqmp
