// The file of the audit log.
#ifndef QMP_PROXY_AUDIT_AUDIT_FILE_HPP
#define QMP_PROXY_AUDIT_AUDIT_FILE_HPP

#include <coqmp/descriptor.hpp>

#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

namespace qmp_proxy {

/// Its functions may block, for as long as the file system does.
class audit_file
{
public:
    explicit audit_file(std::string path) : path_(std::move(path)) {}

    /// Opens the file to append to it. It is created with the mode 0600. A symbolic link is not followed. If it fails, the file
    /// that was open before stays open.
    boost::system::error_code reopen();

    /// Writes whole lines. @return an error: they are not in the file, or only in part
    boost::system::error_code write(std::string_view lines);

private:
    std::string path_;
    coqmp::descriptor file_{-1};
    bool ends_in_mid_line_ = false;
};

}  // namespace qmp_proxy

#endif
