# SPDX-License-Identifier: Apache-2.0
# tidy.awk - What scdoc writes, as mandoc -T lint wants it: no paragraph that begins at a heading or
# at the end of an indented text, a title in capitals, and lines of at most 80 bytes where a line end
# means a blank. That is so outside of preformatted text, but not before a word that would be a
# request at the beginning of a line.
# usage: scdoc <PAGE.scd | awk -f tidy.awk

function put(line) {
  if (paragraph && line ~ /^\.RE/) {
    print line  # and the paragraph begins behind it
    return
  }
  if (paragraph && !at_heading && line !~ /^\.S[HS]/) print ".P"
  paragraph = 0
  at_heading = line ~ /^\.(SH|SS|TH)/
  print line
}

# mandoc counts what it makes of a character beyond ASCII, such as \[u5E74].
function width(text,   rest) {
  rest = text
  return length(text) + 7 * gsub(/[^ -~]/, "", rest)
}

function put_wrapped(text,   line, count, words, i) {
  count = split(text, words, " ")
  line = words[1]
  for (i = 2; i <= count; i++) {
    if (width(line) + 1 + width(words[i]) > 80 && words[i] !~ /^[.']/) {
      put(line)
      line = words[i]
    } else {
      line = line " " words[i]
    }
  }
  put(line)
}

/^\.nf/ { preformatted = 1 }
/^\.fi/ { preformatted = 0 }
/^\.TH/ { $2 = toupper($2) }
/^\.P$/ {
  paragraph = 1
  next
}
preformatted || /^[.']/ || width($0) <= 80 {
  put($0)
  next
}
{ put_wrapped($0) }
