# SPDX-License-Identifier: Apache-2.0
# include.awk - A manual page in the language of scdoc(5), with what it includes: a line
#   ; include FILE           a .toml file with a comment before each key, or a .md file
#   ; include FILE SECTION   the section of a .md file with this heading
# becomes the text of that file, so that the page and the file cannot part. FILE is relative to the
# page. An included file that is not there, or has no such section, is an error.
# usage: awk -f include.awk PAGE.scd

function fail(text) {
  print FILENAME ": " text >"/dev/stderr"
  failed = 1
  exit 1
}

# What scdoc would take for a mark.
function escaped(text,   out, i, c) {
  out = ""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "\\" || c == "_" || c == "*") out = out "\\"
    out = out c
  }
  return out
}

# What it would take for a mark at the beginning of a line.
function line_start(text) {
  return text ~ /^[#;|`\[\]-]/ ? "\\" text : text
}

# Markdown inside a paragraph: code and strong become bold, emphasis is underlined, and a link is
# its text.
function inline(s,   out, c, end, rest, strong) {
  out = ""
  while (s != "") {
    c = substr(s, 1, 1)
    rest = substr(s, 2)
    if (c == "`" && (end = index(rest, "`"))) {
      out = out "*" escaped(substr(rest, 1, end - 1)) "*"
      s = substr(rest, end + 1)
    } else if (c == "[" && match(s, /^\[[^\]]*\]\([^)]*\)/)) {
      end = index(s, "](")
      rest = substr(s, RLENGTH + 1)
      out = out inline(substr(s, 2, end - 2))
      s = rest
    } else if (substr(s, 1, 2) == "**" && (end = index(substr(s, 3), "**"))) {
      out = out "*" escaped(substr(s, 3, end - 1)) "*"
      s = substr(s, end + 4)
    } else if (c == "*" && match(s, /^\*[A-Za-z][^*]*\*/)) {
      end = RLENGTH
      out = out "_" escaped(substr(s, 2, end - 2)) "_"
      s = substr(s, end + 1)
    } else {
      out = out escaped(c)
      s = rest
    }
  }
  return out
}

function print_lines(text, indent,   parts, count, i) {
  count = split(text, parts, "\n")
  for (i = 1; i <= count; i++) print indent line_start(parts[i])
}

function flush_paragraph() {
  if (paragraph == "") return
  print_lines(inline(paragraph), "")
  print ""
  paragraph = ""
}

function flush_item(   parts, count, i) {
  if (item == "") return
  count = split(inline(item), parts, "\n")
  for (i = 1; i <= count; i++) print (i == 1 ? "- " : "  ") parts[i]
  item = ""
  in_list = 1
}

function split_row(line, cells,   count, i) {
  gsub(/\\\|/, "\001", line)
  sub(/^\| */, "", line)
  sub(/ *\| *$/, "", line)
  count = split(line, cells, / *\| */)
  for (i = 1; i <= count; i++) gsub("\001", "|", cells[i])
  return count
}

# What the table is of, if it says so.
function table_heading(line,   cells, count) {
  count = split_row(line, cells)
  if (cells[1] != "") print "_" escaped(cells[1]) "_: " inline(cells[count]) "\n"
}

# A row of a table: the first cell is the term, the last one says what it is.
function table_row(line,   cells, count, i, term) {
  count = split_row(line, cells)
  term = inline(cells[1])
  for (i = 2; i < count; i++) if (cells[i] != "") term = term " (" inline(cells[i]) ")"
  print line_start(term) "\n\t" line_start(inline(cells[count])) "\n"
}

function markdown_line(line) {
  if (line ~ /^```/) {
    flush_paragraph()
    in_code = !in_code
    print "```"
    if (!in_code) print ""
    return
  }
  if (in_code) {
    print line
    return
  }
  if (line ~ /^\|/) {
    flush_paragraph()
    # The first row is the heading, and the second is a rule.
    if (++row == 1) table_heading(line)
    else if (row > 2) table_row(line)
    return
  }
  row = 0
  if (line ~ /^- /) {
    flush_paragraph()
    flush_item()
    item = substr(line, 3)
    return
  }
  if (item != "" && line ~ /^  /) {
    item = item "\n" substr(line, 3)
    return
  }
  flush_item()
  if (in_list) {
    print ""
    in_list = 0
  }
  if (line ~ /^#/) {
    flush_paragraph()
    sub(/^#+ /, "", line)
    if (!section) print "# " toupper(line) "\n"
  } else if (line == "" || line ~ /^!\[/) {
    flush_paragraph()
  } else {
    paragraph = paragraph (paragraph == "" ? "" : "\n") line
  }
}

function include_markdown(file, wanted,   line, level, active, title) {
  active = wanted == ""
  section = wanted != ""
  while ((getline line <file) > 0) {
    if (!in_code && line ~ /^#/) {
      title = line
      sub(/^#+ /, "", title)
      level = index(line, " ") - 1
      if (section) {
        if (active) break
        active = title == wanted
        if (active) continue
      } else if (level == 1) continue  # the page has a name of its own
    }
    if (active) markdown_line(line)
  }
  markdown_line("")
  close(file)
  if (!active) fail(file " has no section \"" wanted "\"")
}

function flush_comment() {
  if (comment == "") return
  print_lines(inline(comment), heads == "" ? "" : "\t")
  print ""
  comment = ""
}

# "#key = value" or "#[[section]]": a key that the file only shows.
function toml_key(line,   key, value) {
  sub(/^#/, "", line)
  if (line ~ /^\[/) {
    print "# " line "\n"
    heads = ""
    flush_comment()
    return
  }
  key = line
  sub(/ *=.*/, "", key)
  value = line
  sub(/^[^=]*= */, "", value)
  # Keys with one comment have one text.
  if (keys != "") keys = keys ", "
  keys = keys "*" escaped(key) "* = " escaped(value)
}

function flush_keys() {
  if (keys == "") return
  print keys
  heads = keys
  if (comment == "") comment = "See above."
  flush_comment()
  heads = keys = ""
}

# Each block is a comment with the keys that it is about, or a text.
function include_toml(file,   line) {
  getline line <file  # the title
  while ((getline line <file) > 0) {
    if (line == "") {
      flush_keys()
      flush_comment()
    } else if (line ~ /^# / || line == "#") {
      flush_keys()
      line = substr(line, 3)
      if (line == "" && comment != "") flush_comment()
      else if (line != "") comment = comment (comment == "" ? "" : "\n") line
    } else if (line ~ /^\[/) {
      print "# " line "\n"
      flush_comment()
    } else {
      toml_key(line)
    }
  }
  flush_keys()
  flush_comment()
  close(file)
}

/^; include / {
  folder = FILENAME
  sub(/[^\/]*$/, "", folder)
  file = folder $3
  if ((getline line <file) < 0) fail("there is no " file)
  close(file)
  wanted = $0
  sub(/^; include [^ ]+ */, "", wanted)
  if (file ~ /\.toml$/) include_toml(file)
  else include_markdown(file, wanted)
  next
}
{ print }
