# Completion in fish: the words are those of the script for bash, which lies beside this file or where an
# installed bash looks for it.

set -l here (dirname (realpath (status filename)))
for script in $here/csilink.bash $here/../../bash-completion/completions/csilink
    test -r $script; and set -g __csilink_script $script; and break
end

function __csilink_complete
    set -l word (commandline -ct)
    bash $__csilink_script --complete (commandline -opc) "$word" 2>/dev/null
end

complete -c csilink -f -a '(__csilink_complete)'
