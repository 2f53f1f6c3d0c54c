#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace coqmp {

struct descriptor::owner
{
    explicit owner(int opened) noexcept : number(opened) {}
    owner(owner const&) = delete;
    owner& operator=(owner const&) = delete;
    // An error of close() leaves nothing to do: on Linux the descriptor is gone in any case, and a second close could hit
    // one that another thread has just opened.
    ~owner() { ::close(number); }

    int const number;
};

descriptor::descriptor(int number)
{
    if (number < 0)
        return;
    try {
        owner_ = std::make_shared<owner const>(number);
    } catch (...) {
        ::close(number);
        throw;
    }
}

descriptor descriptor::duplicate(int number)
{
    int const copy = ::fcntl(number, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        throw boost::system::system_error(boost::system::error_code(errno, boost::system::system_category()),
                                          "the descriptor cannot be duplicated");
    return descriptor(copy);
}

int descriptor::number() const noexcept
{
    return owner_ ? owner_->number : -1;
}

}  // namespace coqmp
