#include "terminal/recalled_lines.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace qmp_shell {

recalled_lines::recalled_lines(history const& past) : lines_(::history_init(), &::history_end)
{
    if (!lines_)
        throw std::system_error(errno, std::generic_category(), "cannot keep the lines that are typed");
    HistEvent ignored;
    ::history(lines_.get(), &ignored, H_SETSIZE, static_cast<int>(history::most_lines));
    for (std::string const& line : past.lines())
        add(line);
}

void recalled_lines::add(std::string const& line)
{
    HistEvent ignored;
    ::history(lines_.get(), &ignored, H_ENTER, line.c_str());
}

void recalled_lines::add_part(std::string const& line)
{
    HistEvent entered{};
    if (::history(lines_.get(), &entered, H_ENTER, line.c_str()) >= 0)
        parts_.push_back(entered.num);
}

void recalled_lines::forget_parts()
{
    HistEvent deleted;
    for (int const part : std::exchange(parts_, {}))
        if (::history(lines_.get(), &deleted, H_DEL, part) == 0)
            std::free(const_cast<char*>(deleted.str));  // a copy for the caller (libedit 3.1, history_def_del())
}

}  // namespace qmp_shell
