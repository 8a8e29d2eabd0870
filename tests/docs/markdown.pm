# SPDX-License-Identifier: Apache-2.0
# What the tests of the documents read of a Markdown file: its fenced blocks, its headings with the
# anchors that a hosting site gives them, and its text without code.
package markdown;
use strict;
use warnings;
use utf8;

# A reference to: text (the lines outside of fenced blocks), blocks (each with language, line and
# lines), headings (each with level and text), anchors (a set).
sub read_file {
  my ($path) = @_;
  open(my $file, '<:encoding(UTF-8)', $path) or die "$path: $!\n";
  my %page = (text => [], blocks => [], headings => [], anchors => {});
  my $block;
  while (my $line = <$file>) {
    chomp $line;
    if ($line =~ /^\s*```(.*)/) {
      if ($block) { push @{$page{blocks}}, $block; undef $block }
      else { $block = {language => $1, line => $., lines => []} }
    } elsif ($block) {
      push @{$block->{lines}}, $line;
    } else {
      push @{$page{text}}, $line;
      next unless $line =~ /^(#+) +(.*)/;
      push @{$page{headings}}, {level => length $1, text => $2};
      my $anchor = lc $2;
      $anchor =~ s/[^\w\- ]//g;
      $anchor =~ s/ /-/g;
      $page{anchors}{$anchor} = 1;
    }
  }
  return \%page;
}

# The pieces of inline code, in their order.
sub inline_code {
  my ($page) = @_;
  return join("\n", @{$page->{text}}) =~ /`([^`]+)`/g;
}

1;
