#include "qemu/file_names.hpp"

#include "terminal/columns.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <memory>
#include <string>

namespace qmp_shell {

namespace {

struct close_directory
{
    void operator()(::DIR* opened) const { ::closedir(opened); }
};

bool is_directory(std::string const& path)
{
    struct ::stat about{};
    return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

}  // namespace

std::vector<candidate> file_names(std::string_view prefix)
{
    std::size_t const slash = prefix.rfind('/') + 1;  // npos + 1 is 0
    std::string const directory(prefix.substr(0, slash));
    std::string_view const begun = prefix.substr(slash);
    std::unique_ptr<::DIR, close_directory> const opened(::opendir(directory.empty() ? "." : directory.c_str()));
    std::vector<candidate> result;
    if (!opened)
        return result;
    while (::dirent const* const entry = ::readdir(opened.get())) {  // NOLINT(concurrency-mt-unsafe): one thread
        std::string const name = static_cast<char const*>(entry->d_name);
        bool const hidden = name.starts_with('.') && (!begun.starts_with('.') || name == "." || name == "..");
        if (hidden || !name.starts_with(begun) || harmless(name) != name)
            continue;
        bool const below = is_directory(directory + name);
        result.push_back({directory + name + (below ? "/" : ""), {}, !below});
    }
    return result;
}

}  // namespace qmp_shell
