// A file descriptor with exactly one owner.
#ifndef COQMP_SRC_DETAIL_UNIQUE_FD_HPP
#define COQMP_SRC_DETAIL_UNIQUE_FD_HPP

#include <unistd.h>

#include <utility>

namespace coqmp::detail {

/// Owns a descriptor, closes it at its end, and can give it away.
class unique_fd
{
public:
    explicit unique_fd(int number = -1) noexcept : number_(number) {}
    unique_fd(unique_fd&& other) noexcept : number_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~unique_fd()
    {
        if (number_ >= 0)
            ::close(number_);
    }

    [[nodiscard]] int number() const noexcept { return number_; }
    [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_;
};

}  // namespace coqmp::detail

#endif
