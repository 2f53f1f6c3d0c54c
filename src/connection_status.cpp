#include <coqmp/connection_status.hpp>

#include <ostream>

namespace coqmp {

char const* to_string(connection_state state) noexcept
{
    switch (state) {
        case connection_state::idle:
            return "idle";
        case connection_state::connecting:
            return "connecting";
        case connection_state::connected:
            return "connected";
        case connection_state::lost:
            return "lost";
        case connection_state::closed:
            return "closed";
    }
    return "unknown";
}

std::ostream& operator<<(std::ostream& out, connection_state state)
{
    return out << to_string(state);
}

std::ostream& operator<<(std::ostream& out, connection_status const& status)
{
    out << (status.is_back() ? "back" : to_string(status.state));
    if (status.reason)
        out << ": " << status.reason.message();
    if (status.pause > status.pause.zero())
        out << ", next attempt in " << std::chrono::duration_cast<std::chrono::milliseconds>(status.pause).count() << " ms";
    return out;
}

}  // namespace coqmp
