// A temporary directory for one test.
#ifndef COQMP_TEST_SUPPORT_TEMPORARY_DIRECTORY_HPP
#define COQMP_TEST_SUPPORT_TEMPORARY_DIRECTORY_HPP

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace coqmp::test {

/// The constructor creates it, and the destructor removes it with its contents.
class temporary_directory
{
public:
    temporary_directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "coqmp-test-XXXXXX").native();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp");
        path_ = name;
    }
    temporary_directory(temporary_directory const&) = delete;
    temporary_directory& operator=(temporary_directory const&) = delete;
    ~temporary_directory()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace coqmp::test

#endif
