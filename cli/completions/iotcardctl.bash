# SPDX-License-Identifier: Apache-2.0
# Completion of iotcardctl for bash. The program itself knows what may follow.

_iotcardctl() {
  # bash splits words at = and : too; the program wants them as the command gets them.
  local rest=${COMP_LINE:0:COMP_POINT} word i
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if [[ $i == 0 || $rest == [[:blank:]]* ]]; then
      rest=${rest#"${rest%%[![:blank:]]*}"}
      words+=('')
    fi
    word=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && word=$rest
    rest=${rest#"$word"}
    words[${#words[@]} - 1]+=$word
  done
  for i in "${!words[@]}"; do
    word=${words[i]//[\'\"\\]/}
    [[ $word == \~/* ]] && word=$HOME/${word:2}
    words[i]=$word
  done
  local -a answer=()
  mapfile -t answer < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  ((${#answer[@]})) || return 0
  # Only what is behind the last = or : stands where the cursor is.
  local typed=${words[${#words[@]} - 1]} stays=''
  case $typed in *[=:]*) stays=${typed%"${typed##*[=:]}"} ;; esac
  [[ $COMP_WORDBREAKS == *:* || $stays != *: ]] || stays=
  local candidate
  for candidate in "${answer[@]:1}"; do
    candidate=${candidate%%$'\t'*}
    COMPREPLY+=("${candidate#"$stays"}")
  done
  [[ ${answer[0]} != *part* ]] || compopt -o nospace 2>/dev/null
  if [[ ${answer[0]} == *files* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${typed#"$stays"}")
  fi
}

complete -F _iotcardctl iotcardctl
