# Completion of qmp-shell and qmp-shell-wrap for bash.

# All words after the name of the wrapped program are left to that program's own completion.
_qmp_shell() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} wraps= tool= index
    local options="--listen --wrap --command --keep-going --hmp --skip-negotiation --verbose --pretty --logfile --timeout --help
        --version -c -H -N -v -p -l -h"
    COMPREPLY=()
    [[ ${COMP_WORDS[0]##*/} != qmp-shell-wrap ]] || wraps=yes
    for ((index = 1; index < COMP_CWORD; ++index)); do
        case ${COMP_WORDS[index]} in
            --wrap) wraps=yes ;;
            -c | --command | -l | --logfile | --listen | --timeout | -s | --socket) ((++index)) ;;
            -*) ;;
            qom-list | qom-get | qom-set | qom-tree) tool=yes ;;
            *)
                if [[ $wraps ]]; then
                    declare -F _command_offset >/dev/null && _command_offset "$index"
                    return
                fi
                ;;
        esac
    done
    # Only the tools have it.
    [[ -z $tool ]] || options+=" --socket -s"
    case $before in
        -c | --command | --timeout) return ;;
        -l | --logfile | --listen | -s | --socket)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames
            return
            ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ $wraps ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
    else
        mapfile -t COMPREPLY < <(
            [[ $tool ]] || compgen -W "qom-list qom-get qom-set qom-tree" -- "$word"
            compgen -f -- "$word"
        )
        compopt -o filenames
    fi
}
complete -F _qmp_shell qmp-shell qmp-shell-wrap
