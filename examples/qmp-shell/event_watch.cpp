#include "event_watch.hpp"

#include "language/print.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace qmp_shell {

bool event_choice::accepts(std::string const& name) const
{
    auto const matches = [&name](std::string const& pattern) {
        return ::fnmatch(pattern.c_str(), name.c_str(), FNM_CASEFOLD) == 0;
    };
    bool wanted = false;
    bool any_wanted = false;
    for (std::string const& pattern : patterns_) {
        if (!pattern.starts_with('!')) {
            any_wanted = true;
            wanted = wanted || matches(pattern);
        } else if (matches(pattern.substr(1))) {
            return false;
        }
    }
    return wanted || !any_wanted;
}

std::string event_choice::describe() const
{
    std::string result;
    for (std::string const& pattern : patterns_)
        result += (result.empty() ? "" : " ") + pattern;
    return result.empty() ? "all" : result;
}

event_watch::event_watch(coqmp::session& of, screen& shown_on) : screen_(shown_on), stream_(of.subscribe())
{
    read();
}

void event_watch::read()
{
    stream_.async_next([this](boost::system::error_code error, coqmp::event const& what) {
        if (error) {
            ended_ = true;
            return;
        }
        if (shown_ && wanted_.accepts(what.name))
            show(what);
        read();
    });
}

void event_watch::show(coqmp::event const& what)
{
    print_options how;
    how.colour = screen_.colour();
    if (what.lost_before > 0)
        screen_.note("(" + std::to_string(what.lost_before) + " events came too fast to be kept)");
    screen_.note(print(what, how));
}

}  // namespace qmp_shell
