#include "daemon/hooks/output_lines.hpp"

#include <utility>

namespace coqmp_daemon {

std::vector<std::string> output_lines::add(std::string_view bytes)
{
    std::vector<std::string> result;
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        extend(bytes.substr(0, end));
        complete(result);
        bytes.remove_prefix(end + 1);
    }
    extend(bytes);
    return result;
}

std::vector<std::string> output_lines::finish()
{
    std::vector<std::string> result;
    if (!line_.empty())
        complete(result);
    return result;
}

void output_lines::extend(std::string_view part)
{
    std::size_t const room = limits_.line - line_.size();
    is_cut_ = is_cut_ || part.size() > room;
    line_.append(part.substr(0, room));
}

void output_lines::complete(std::vector<std::string>& into)
{
    if (!line_.empty() && line_.back() == '\r')
        line_.pop_back();
    if (++count_ > limits_.lines)
        ++left_out_;
    else
        into.push_back(is_cut_ ? line_ + "..." : line_);
    line_.clear();
    is_cut_ = false;
}

}  // namespace coqmp_daemon
