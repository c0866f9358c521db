# Completion of coveo-delete-key for bash.
_coveo_delete_key() {
    local IFS=$'\n' current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    # Bash splits --option=value into three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    case $previous in
        --token-file | --cacert | --from)
            compopt -o filenames 2> /dev/null
            COMPREPLY=($(compgen -f -- "$current")) ;;
        -r | --region)
            COMPREPLY=($(compgen -W $'us\nca\neu\nau\nhipaa' -- "$current")) ;;
        -o | --org | --endpoint | --timeout | --retries | --disabled-for | --expired-for | --unused-for | --name | --older-than | --exclude | --max) ;;
        *)
            if [[ $current == -* ]]; then
                COMPREPLY=($(compgen -W $'-o\n--org\n--token-file\n-r\n--region\n--endpoint\n--cacert\n--timeout\n--retries\n--from\n--disabled-for\n--expired-for\n--unused-for\n--exposed\n--name\n--older-than\n--exclude\n--max\n--disable\n--activate\n--list\n-n\n--dry-run\n--ignore-not-found\n-y\n--yes\n--bulk\n--json\n-q\n--quiet\n-v\n--verbose\n-h\n--help\n-V\n--version' -- "$current"))
            fi ;;
    esac
}
complete -F _coveo_delete_key coveo-delete-key
