#include "qemu/outgoing_command.hpp"

#include "language/members.hpp"
#include "language/read/property_value.hpp"
#include "language/read/unicode.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace json = boost::json;

namespace qmp_shell {

namespace {

constexpr std::size_t longest_path = 300;  ///< that is shown, in characters

/// Whether the command writes into a file that it is given. Of all others a file that is not there is a mistyped one.
bool writes_files(std::string const& command)
{
    return command == "migrate" || command == "dump-guest-memory";
}

std::vector<int> flags_for(file_mode mode)
{
    switch (mode) {
        case file_mode::read:
            return {O_RDONLY};
        case file_mode::write:
            return {O_WRONLY};
        case file_mode::both:
            return {O_RDWR};
        case file_mode::any:
            break;
    }
    return {O_RDWR, O_RDONLY, O_WRONLY};
}

/// Opens an existing file without waiting for the other end of a pipe; QEMU gets the descriptor as if it had been opened as
/// usual.
/// @return -1, and errno
int open_at_once(std::string const& path, int flags)
{
    int const number = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (number >= 0)
        ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) & ~O_NONBLOCK);
    return number;
}

/// Opens for reading and writing if the permissions allow both, otherwise for the one that they allow; or for the mode that the
/// user gives.
coqmp::descriptor open_file(std::string const& path, file_mode mode, std::string const& command, created_files& made)
{
    std::string const shown = abbreviated(path, longest_path);
    bool const written = writes_files(command);
    if (written && mode == file_mode::read)
        throw std::runtime_error(command + " writes, and --fd:ro opens " + shown + " for reading");
    int number = -1;
    int first_error = 0;
    for (int const flags : flags_for(mode)) {
        if (written && flags == O_RDONLY)  // the command would fail, and only after it has begun
            continue;
        number = open_at_once(path, flags);
        if (number >= 0)
            return coqmp::descriptor(number);
        first_error = first_error == 0 ? errno : first_error;
    }
    if (first_error == ENXIO)
        throw std::runtime_error("cannot open " + shown + ": it is a socket, or a pipe that nothing reads from");
    if (written && first_error == ENOENT) {
        int const flags = mode == file_mode::write ? O_WRONLY : O_RDWR;
        number = ::open(path.c_str(), flags | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (number >= 0) {
            coqmp::descriptor file(number);
            made.add(path, file);
            return file;
        }
        first_error = errno;
    }
    throw std::system_error(
        first_error, std::generic_category(),
        written ? command + " writes, and " + shown + " cannot be opened for writing" : "cannot open " + shown);
}

/// The command itself takes the descriptor. For all others `getfd` puts it where they find it by its name.
bool takes_descriptors(std::string const& name)
{
    return name == "getfd" || name == "add-fd";
}

/// One name for each file, and a file for the name. @throws std::runtime_error
void check_names(coqmp::command const& last, typed_command const& said, bool named)
{
    auto const& files = said.files;
    if (files.size() > 1 && takes_descriptors(last.name()))
        throw std::runtime_error(last.name() + " takes one file: give it one --fd");
    for (auto const& [name, path, mode] : files) {
        if (std::count_if(files.begin(), files.end(), [&wanted = name](auto const& each) { return each.name == wanted; }) > 1)
            throw std::runtime_error("--fd " + abbreviated(name) + " is there twice: each file needs a name of its own");
    }
    json::value const* const given = named ? last.arguments().if_contains("fdname") : nullptr;
    if (named && given == nullptr && files.size() > 1)
        throw std::runtime_error("write fdname=NAME: there are several --fd, and " + last.name() + " takes one");
    if (given == nullptr || !given->is_string())
        return;
    std::string const wanted(std::string_view(given->get_string()));
    auto const& [name, path, mode] = files.front();
    if (std::none_of(files.begin(), files.end(), [&wanted](auto const& each) { return each.name == wanted; }))
        throw std::runtime_error("fdname is " + abbreviated(wanted) + ", but the file's name is " + abbreviated(name) +
                                 ": write --fd " + abbreviated(wanted) + '=' + abbreviated(path, longest_path) +
                                 ", or leave fdname out");
}

void add_descriptors(outgoing_commands& commands, typed_command const& said, monitor& monitor, created_files& made)
{
    coqmp::command last = std::move(commands.back());
    commands.pop_back();
    bool const named = last.name() == "getfd" || monitor.known().has_argument(last.name(), "fdname");
    check_names(last, said, named);
    for (auto const& [name, path, mode] : said.files) {
        coqmp::descriptor const file = open_file(path, mode, last.name(), made);
        if (takes_descriptors(last.name()))
            last.with_descriptor(file);
        else
            commands.push_back(coqmp::command("getfd").with("fdname", name).with_descriptor(file));
        if (named && !last.arguments().contains("fdname"))
            last.with("fdname", name);
    }
    commands.push_back(std::move(last));
}

/// Asks QEMU for a device's properties if anything about their types was guessed; QEMU 9.2 and later insist on the right ones.
void type_device_properties(typed_command& said, monitor& monitor)
{
    auto const* const driver = said.arguments.if_contains("driver");
    if (said.name != "device_add" || said.guessed.empty() || driver == nullptr || !driver->is_string())
        return;
    auto const listed =
        monitor.look_up(coqmp::command("device-list-properties").with("typename", std::string_view(driver->get_string())));
    if (listed)
        type_by_properties(said, *listed);
}

/// The schema says of a property's value that it may be anything; QEMU knows better. What does not fit is left for it to refuse.
void type_property(typed_command& said, monitor& monitor)
{
    if (said.name != "qom-set")
        return;
    auto const guessed =
        std::find_if(said.guessed.begin(), said.guessed.end(), [](auto const& each) { return each.first == "value"; });
    std::string const path(text_in(said.arguments, "path"));
    std::string const name(text_in(said.arguments, "property"));
    if (guessed == said.guessed.end() || path.empty() || name.empty())
        return;
    auto const listed = monitor.look_up(coqmp::command("qom-list").with("path", path));
    std::string_view const type = listed ? type_of_property(*listed, name) : std::string_view();
    if (type.empty())
        return;
    if (auto value = value_of_property(type, guessed->second))
        said.arguments["value"] = std::move(*value);
}

}  // namespace

void created_files::add(std::string path, coqmp::descriptor const& file)
{
    struct ::stat about{};
    if (::fstat(file.number(), &about) == 0)
        files_.push_back({std::move(path), about.st_dev, about.st_ino});
}

created_files::~created_files()
{
    for (created const& each : files_) {
        struct ::stat about{};
        bool const same = ::lstat(each.path.c_str(), &about) == 0 && about.st_dev == each.device && about.st_ino == each.number;
        if (same && about.st_size == 0)
            ::unlink(each.path.c_str());
    }
}

outgoing_commands prepare(typed_command said, monitor& monitor, created_files& made)
{
    type_property(said, monitor);
    type_device_properties(said, monitor);
    coqmp::command sent(said.name, said.arguments);
    if (said.out_of_band)
        sent.out_of_band();
    outgoing_commands result;
    result.push_back(std::move(sent));
    if (!said.files.empty())
        add_descriptors(result, said, monitor, made);
    return result;
}

}  // namespace qmp_shell
