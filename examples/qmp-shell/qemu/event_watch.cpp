#include "qemu/event_watch.hpp"

#include "language/print.hpp"
#include "language/words.hpp"

#include <algorithm>
#include <utility>

namespace qmp_shell {

bool event_choice::accepts(std::string const& name) const
{
    bool wanted = false;
    bool any_wanted = false;
    for (std::string const& pattern : patterns_) {
        if (!pattern.starts_with('!')) {
            any_wanted = true;
            wanted = wanted || matches(pattern, name);
        } else if (matches(pattern.substr(1), name)) {
            return false;
        }
    }
    return wanted || !any_wanted;
}

std::string event_choice::describe() const
{
    return patterns_.empty() ? "all" : joined(patterns_, " ");
}

event_watch::event_watch(coqmp::session& of, screen& screen) : screen_(screen), stream_(of.subscribe())
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
        if (shows(what.name))
            show(what);
        keep(what);
        read();
    });
}

void event_watch::keep(coqmp::event const& what)
{
    ++count_;
    lost_without_name_ += static_cast<std::size_t>(what.lost_before);
    if (kept_.size() == most_kept)
        drop_one();
    ++names_[what.name];
    kept_.push_back(what);
}

void event_watch::drop_one()
{
    auto const most = std::max_element(names_.begin(), names_.end(),
                                       [](auto const& left, auto const& right) { return left.second < right.second; });
    auto const oldest =
        std::find_if(kept_.begin(), kept_.end(), [most](coqmp::event const& each) { return each.name == most->first; });
    note_lost(most->first, 1);
    kept_.erase(oldest);
    if (--most->second == 0)
        names_.erase(most);
}

void event_watch::note_lost(std::string const& name, std::size_t count)
{
    if (lost_.size() < most_names || lost_.contains(name))
        lost_[name] += count;
    else
        lost_without_name_ += count;
}

std::size_t event_watch::lost(std::string const& pattern) const
{
    event_choice const wanted({pattern});
    std::size_t result = lost_without_name_;
    for (auto const& [name, count] : lost_)
        result += wanted.accepts(name) ? count : 0;
    return result;
}

void event_watch::forget()
{
    kept_.clear();
    names_.clear();
    lost_.clear();
    lost_without_name_ = 0;
}

std::optional<coqmp::event> event_watch::take(wanted_event const& what)
{
    auto const found = std::find_if(kept_.begin(), kept_.end(), [&what](coqmp::event const& each) { return what.fits(each); });
    if (found == kept_.end())
        return std::nullopt;
    coqmp::event result = std::move(*found);
    if (auto const same = names_.find(result.name); --same->second == 0)
        names_.erase(same);
    kept_.erase(found);
    return result;
}

void event_watch::show(coqmp::event const& what)
{
    print_options options;
    options.colour = screen_.colour();
    if (what.lost_before > 0)
        screen_.note("(" + std::to_string(what.lost_before) + " events came too fast to be kept)");
    screen_.note_printed(print(what, options));
}

}  // namespace qmp_shell
