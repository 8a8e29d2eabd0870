# SPDX-License-Identifier: Apache-2.0
# Completion of iotcardctl for fish. The program itself knows what may follow.

function __iotcardctl_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l answer ($words[1] __complete $words[2..-1] "$typed" 2>/dev/null)
    printf '%s\n' $answer[2..-1]
    if string match -q '*files*' -- $answer[1]
        __fish_complete_path $typed
    end
end

complete -c iotcardctl -f -a '(__iotcardctl_complete)'
