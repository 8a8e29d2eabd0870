# SPDX-License-Identifier: Apache-2.0
# The commands of the fenced sh blocks of a Markdown file, each on a line: the line of the block, the
# line of the command, the command. A line that ends in a backslash is joined with the next one;
# blank lines and comments are left out. In a manual page (.scd) a block is a literal one; its commands
# begin with "$ " or with the name of a program of ours.
function emit(text) {
  sub(/^[ \t]+/, "", text)
  if (text != "" && text !~ /^#/) printf "%d\t%d\t%s\n", block, begun, text
}
/^ *```/ {
  if (block) {
    block = 0
  } else {
    manual = FILENAME ~ /\.scd$/
    block = FNR
    wanted = manual || $0 ~ /^ *```sh$/
  }
  next
}
block && wanted {
  line = $0
  sub(/^\t+/, "", line)
  if (manual && held == "" && line !~ /^(\$|iotcard(ctl|d)) /) next
  if (manual) sub(/^\$ /, "", line)
  if (held == "") begun = FNR
  if (line ~ /\\$/) {
    held = held substr(line, 1, length(line) - 1)
    next
  }
  emit(held line)
  held = ""
}
